// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/session.hpp"
#include "tests/sim/gateway/gateway.hpp"
#include "tests/sim/network/network.hpp"
#include "tests/sim/world/guard.hpp"
#include "tests/sim/world/plane.hpp"
#include "tests/sim/world/trace.hpp"

#include <functional>
#include <set>

namespace sim {

inline constexpr ike::InterfaceIndex wlan0{3};
inline constexpr ike::InterfaceIndex wwan0{4};

struct WorldConfig {
    std::uint64_t seed = 1;
    gateway::Config gateway = gateway::default_config();
    std::function<void(ike::session::SessionConfig&)> tune = [](auto&) {};
    bool trace = false;
};

/// How many inner packets were sent and came out at the other end.
struct Traffic {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
};

/// A session, a gateway, and two access networks between them, wlan0 and wwan0, each with IPv4
/// behind a NAT and IPv6 without, in virtual time. Does the agent's part: carries datagrams and
/// events, keeps the data plane. Checks the invariants of design.md at every step.
class World {
  public:
    explicit World(WorldConfig config = {});

    // The calls of the agent to the session.
    void start(ike::InterfaceIndex interface = wlan0);
    void move(ike::InterfaceIndex interface, ike::session::MoveKind kind,
              ike::Family family = ike::Family::ipv4);
    void move(const ike::session::AddressPair& to, ike::session::MoveKind kind);
    /// The client tells all these addresses of its own to the gateway.
    void announce(std::vector<ike::IpAddress> ours);
    void hold();
    /// Of IPv4, each that the uplink has now.
    void standby(const std::vector<ike::InterfaceIndex>& interfaces);
    void doubt_path();
    void wake();
    /// No ESP of the Child SAs that there are now gets through any more.
    void break_esp();
    void close();
    void rekey_ike();
    void rekey_child(std::size_t policy = 0);
    /// start(), and on until it is connected or closed.
    bool connect();

    /// On to the next delivery or deadline, or by `longest` if there is none before.
    void step(ike::Duration longest);
    void run_for(ike::Duration duration);
    /// On until it holds; false if it does not within the limit, or an invariant broke.
    bool run_until(const std::function<bool()>& holds, ike::Duration limit);

    // Inner packets, for each policy in turn, and the gateway's wishes.
    void send_up();
    void send_down();
    void wish(gateway::Wish wish);
    /// A datagram from anybody towards the client's IKE socket on its current path; if `forged`, it
    /// has to leave everything as it is.
    void inject_down(ike::Bytes datagram, bool forged);
    /// A datagram from anybody that comes in by this path, before or after there is a session.
    void inject(const ike::Bytes& datagram, const ike::Path& path);

    /// Both ends have the same Child SAs, keys, IKE SPIs and addresses, and nothing to do; else
    /// what differs.
    [[nodiscard]] std::string difference();
    bool settle(ike::Duration limit);

    [[nodiscard]] Network& network() { return network_; }
    [[nodiscard]] gateway::Gateway& gateway() { return gateway_; }
    [[nodiscard]] const gateway::Gateway& gateway() const { return gateway_; }
    [[nodiscard]] ike::session::Session& session() { return session_; }
    [[nodiscard]] Plane& plane() { return plane_; }
    [[nodiscard]] const Plane& plane() const { return plane_; }
    [[nodiscard]] std::size_t policies() const { return policies_; }
    [[nodiscard]] Dice& dice() { return dice_; }
    [[nodiscard]] ike::Instant now() const { return now_; }
    [[nodiscard]] const std::vector<ike::session::Event>& events() const { return events_; }
    [[nodiscard]] const std::vector<ike::session::Transmit>& sent() const { return sent_; }
    [[nodiscard]] const std::vector<gateway::Datagram>& received() const { return received_; }
    [[nodiscard]] const std::vector<Packet>& arrived() const { return arrived_; }
    /// The client's ESP packets, as they left.
    [[nodiscard]] const std::vector<EspTag>& esp_sent() const { return esp_sent_; }
    [[nodiscard]] const Traffic& up() const { return up_; }
    [[nodiscard]] const Traffic& down() const { return down_; }
    [[nodiscard]] const std::vector<std::string>& violations() const { return guard_.violations(); }
    [[nodiscard]] const Trace& trace() const { return trace_; }

    template <class E>
    [[nodiscard]] std::size_t count() const {
        std::size_t found = 0;
        for (const auto& event : events_) {
            found += std::holds_alternative<E>(event) ? 1U : 0U;
        }
        return found;
    }
    template <class E>
    [[nodiscard]] const E* last() const {
        const E* found = nullptr;
        for (const auto& event : events_) {
            const E* one = std::get_if<E>(&event);
            found = one != nullptr ? one : found;
        }
        return found;
    }
    [[nodiscard]] bool connected() const {
        return count<ike::session::Connected>() > 0 && count<ike::session::Closed>() == 0;
    }

    [[nodiscard]] ike::session::AddressPair pair(ike::InterfaceIndex interface, ike::Family family);

  private:
    [[nodiscard]] std::optional<ike::Instant> next_happening() const;
    void settle_now();
    void check_not_due();
    void drain_session();
    void drain_gateway();
    void transmit(ike::session::Transmit transmit);
    void send_up(std::uint64_t number);
    void send_what_waited();
    void deliver(Delivery delivery);
    void deliver_to_client(const Delivery& delivery);
    void deliver_esp_to_client(const Delivery& delivery);
    void deliver_to_gateway(const Packet& packet);

    ike::Instant now_{std::chrono::seconds(1000)};
    Dice dice_;
    Dice client_dice_;
    Dice gateway_dice_;
    Trace trace_;
    Network network_;
    gateway::Gateway gateway_;
    TraceLog log_;
    std::size_t policies_ = 1;  // of the session
    ike::session::Session session_;
    Plane plane_;
    Guard guard_;

    std::vector<ike::session::Event> events_;
    std::vector<ike::session::Transmit> sent_;
    std::vector<gateway::Datagram> received_;
    std::vector<Packet> arrived_;  // IKE, at the gateway
    std::vector<EspTag> esp_sent_;
    std::optional<std::vector<ike::IpAddress>> announced_;
    Traffic up_;
    Traffic down_;
    std::vector<std::uint64_t> waiting_;                        // of ours, for a better path
    std::set<std::uint64_t> broken_;                            // keys
    std::map<std::uint64_t, std::uint64_t> gateway_sequences_;  // by key
};

}  // namespace sim
