// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/tunnel/tunnel.hpp"
#include "tests/sim/gateway/gateway.hpp"
#include "tests/sim/laptop/access_networks.hpp"
#include "tests/sim/laptop/machine.hpp"
#include "tests/sim/laptop/names.hpp"
#include "tests/sim/laptop/rules.hpp"
#include "tests/sim/laptop/secret_file.hpp"
#include "tests/sim/laptop/virtual_time.hpp"
#include "tests/sim/world/world.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sim {

struct LaptopConfig {
    std::uint64_t seed = 1;
    gateway::Config gateway = gateway::default_config();
    std::function<void(agent::TunnelConfig&)> tune = [](auto&) {};
    bool network_manager = false;  // it checks connectivity
    bool trace = false;
};

/// A laptop with Wi-Fi and cellular, a gateway, and the networks between them, in virtual time. The
/// tunnel is the agent's own; around it stand a simulated machine, name service and network. Its
/// verbs are what happens to a laptop; the snapshot that follows is handed to the tunnel as the
/// daemon does. Checks invariants at each step: Message IDs without a gap, retransmissions byte for
/// byte, no ESP sequence number twice under one key, nothing in clear.
class Laptop {
  public:
    explicit Laptop(LaptopConfig config = {});
    Laptop(const Laptop&) = delete;
    Laptop& operator=(const Laptop&) = delete;
    ~Laptop();

    // A person.
    void up(agent::WishLasts lasts = agent::WishLasts::until_ended);
    void down();
    /// up(), and on until it is connected.
    bool connect();
    /// The tunnel's file is another.
    void reload(const std::function<void(agent::TunnelConfig&)>& change);

    // The networks. Each takes effect at once, and netwatch tells the tunnel.
    void cut(ike::InterfaceIndex interface);
    void mend(ike::InterfaceIndex interface);
    void give_address(ike::InterfaceIndex interface, const char* address);
    void change(ike::InterfaceIndex interface, const std::function<void(Access&)>& change);
    /// Of several at once, as one burst of events.
    void change(const std::function<void(AccessNetworks&)>& change);
    /// The link looks well and carries nothing. Nobody tells.
    void swallow(ike::InterfaceIndex interface, bool swallows = true);
    /// The laptop is suspended for so long. Events of the network in that time come after it.
    void sleep(ike::Duration duration);
    /// No ESP of the Child SAs that there are now gets through any more.
    void break_esp();

    // The gateway.
    void gateway_hears(bool hears) { gateway_hears_ = hears; }
    /// It loses all its state.
    void restart_gateway();
    void wish(gateway::Wish wish);
    /// Somebody on the way answers the newest IKE_SA_INIT with this notify.
    void forge_init_answer(ike::wire::NotifyType notify);

    // The daemon ends, is stopped or killed, and starts anew: the tunnel is another object, and the
    // wish is inherited.
    void restart_daemon();
    void kill_daemon();

    // Time.
    void step(ike::Duration longest);
    void run_for(ike::Duration duration);
    /// On until it holds; false if it does not within the limit, or an invariant broke.
    bool run_until(const std::function<bool()>& holds, ike::Duration limit);

    // Inner packets, for each Child SA of the configuration in turn.
    void send_up();
    void send_down();
    /// A packet both ways each so often, for so long.
    void talk(ike::Duration each, ike::Duration duration);

    /// Both ends have the same Child SAs, keys, IKE SPIs and addresses, and nothing to do; else
    /// what differs.
    [[nodiscard]] std::string difference();
    bool settle(ike::Duration limit);

    [[nodiscard]] agent::Tunnel& tunnel() { return *tunnel_; }
    [[nodiscard]] agent::TunnelStatus status() const { return tunnel_->status(); }
    [[nodiscard]] agent::TunnelState state() const { return tunnel_->status().state; }
    [[nodiscard]] bool connected() const { return state() == agent::TunnelState::connected; }
    /// The interface that data goes by; empty: none.
    [[nodiscard]] std::string by() const;
    [[nodiscard]] Machine& machine() { return machine_; }
    [[nodiscard]] EspPlane& plane() { return *machine_.plane(); }
    [[nodiscard]] Filter& filter() { return filter_; }
    [[nodiscard]] Wishes& wishes() { return wishes_; }
    [[nodiscard]] DeviceNames& resolved() { return resolved_; }
    [[nodiscard]] Names& names() { return names_; }
    [[nodiscard]] AccessNetworks& networks() { return networks_; }
    [[nodiscard]] gateway::Gateway& gateway() { return *gateway_; }
    [[nodiscard]] const gateway::Gateway& gateway() const { return *gateway_; }
    [[nodiscard]] ike::Instant now() const { return time_.now(); }
    [[nodiscard]] std::size_t policies() const { return config_.child_sas.size(); }
    [[nodiscard]] const Traffic& traffic_up() const { return up_; }
    [[nodiscard]] const Traffic& traffic_down() const { return down_; }
    [[nodiscard]] const std::vector<agent::RoamRecord>& roams() const { return roams_; }
    /// Each state that was shown, once for each time that it came to be.
    [[nodiscard]] const std::vector<agent::TunnelState>& states() const { return states_; }
    /// The IKE datagrams that left, oldest first.
    [[nodiscard]] const std::vector<ike::session::Transmit>& sent() const { return sent_; }
    [[nodiscard]] const std::vector<std::string>& violations() const { return rules_.violations(); }
    [[nodiscard]] const Trace& trace() const { return trace_; }

  private:
    [[nodiscard]] agent::TunnelEnvironment environment();
    void make_tunnel();
    void look_at_network();
    [[nodiscard]] std::optional<ike::Instant> next_happening() const;
    void settle_now();
    bool do_what_is_due();
    void drain_gateway();
    void deliver_to_client(const Delivery& delivery);
    void deliver_to_gateway(const Packet& packet);
    bool send_ike(const ike::Path& path, ike::ByteView datagram);
    void send_esp(const ike::Path& path, bool in_udp, const EspTag& tag);
    void note_state();
    void judge();

    VirtualTime time_;
    Dice dice_;
    Dice client_dice_;
    Dice gateway_dice_;
    Trace trace_;
    TraceLog log_;
    Rules rules_;
    AccessNetworks networks_;
    netwatch::Snapshot snapshot_;  // as the tunnel sees it
    std::optional<gateway::Gateway> gateway_;
    bool gateway_hears_ = true;
    Wishes wishes_;
    Filter filter_;
    DeviceNames resolved_;
    Names names_;
    Machine machine_;
    SecretFile psk_;
    agent::TunnelConfig config_;

    std::set<std::uint64_t> broken_;                            // keys
    std::map<std::uint64_t, std::uint64_t> gateway_sequences_;  // by key
    Traffic up_;
    Traffic down_;
    std::vector<agent::RoamRecord> roams_;
    std::vector<agent::TunnelState> states_;
    std::vector<ike::session::Transmit> sent_;
    std::unique_ptr<agent::Tunnel> tunnel_;  // ends before all that it uses
};

}  // namespace sim
