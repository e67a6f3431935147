// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dns/device_name_servers.hpp"
#include "agent/guard/leak_guard.hpp"
#include "agent/tunnel/tunnel_host.hpp"
#include "agent/wish/wish_memory.hpp"
#include "tests/sim/laptop/esp_plane.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sim {

/// The laptop's packet filter: holds what it is told, or fails.
class Filter final : public agent::PacketFilter {
  public:
    void protect(const std::string& tunnel, agent::guard::Protection protection) override;
    void release(const std::string& tunnel) override;
    [[nodiscard]] std::string fault(const std::string&) const override { return fault_; }
    [[nodiscard]] const agent::guard::Protection* protection(
        const std::string& tunnel) const override {
        const auto found = held_.find(tunnel);
        return found == held_.end() || !fault_.empty() ? nullptr : &found->second;
    }
    void break_down(std::string fault) { fault_ = std::move(fault); }

  private:
    std::map<std::string, agent::guard::Protection> held_;
    std::string fault_;
};

/// The laptop's runtime directory: what the next run of the daemon would find.
class Wishes final : public agent::WishStore {
  public:
    void keep(const std::string& tunnel, const agent::Wish& wish) override;
    void forget(const std::string& tunnel) override;
    [[nodiscard]] const agent::Wish* find(const std::string& tunnel) const {
        const auto found = kept_.find(tunnel);
        return found == kept_.end() ? nullptr : &found->second;
    }

  private:
    std::map<std::string, agent::Wish> kept_;
};

/// The laptop's systemd-resolved.
class DeviceNames final : public agent::DeviceNameServers {
  public:
    void forget_all() { servers_.clear(); }
    void set(const std::string& device, const agent::NameServers& servers) override;
    void forget(const std::string& device) override;
    [[nodiscard]] bool used(const std::string& device) const override {
        return servers_.contains(device);
    }
    [[nodiscard]] const std::map<std::string, agent::NameServers>& all() const { return servers_; }

  private:
    std::map<std::string, agent::NameServers> servers_;
};

/// Packets that leave the machine, and broken rules.
struct MachineOutlets {
    /// False: it can't leave by this path.
    std::function<bool(const ike::Path& path, ike::ByteView datagram)> send_ike;
    std::function<void(const ike::Path& path, bool in_udp, const EspTag& packet)> send_esp;
    std::function<void(std::string)> violated;
};

/// The laptop's kernel as tunnels see it: what blocks, and a data plane for each tunnel that has
/// one. Holds the rule that nothing leaves in clear: once a wish was fulfilled, all that was led
/// into the tunnel or blocked stays so until the wish is forgotten.
class Machine final : public agent::TunnelHost {
  public:
    Machine(agent::Scheduler& scheduler, ike::crypto::Random& random, const Wishes& wishes,
            MachineOutlets outlets)
        : scheduler_(scheduler),
          random_(random),
          wishes_(wishes),
          outlets_(std::move(outlets)),
          look_again_(scheduler.timer([this] { touch(); })) {}

    ike::Result<std::unique_ptr<agent::HostNetwork>, agent::SystemError> open(
        const agent::TunnelConfig& config, std::uint32_t number, agent::HostEvents events) override;
    std::unique_ptr<agent::StaleBlock> stale_block(std::uint32_t number) override;

    /// How the next networks are opened.
    void use(PlaneKind kind) { kind_ = kind; }
    void refuse_to_open(std::optional<agent::SystemError> error) { open_error_ = std::move(error); }
    /// The next calls of apply() fail.
    void refuse_routes(unsigned calls) { refused_routes_ = calls; }
    void lack_ipv6() { lacks_ipv6_ = true; }
    /// Somebody has taken away what is the tunnel's. True: all was put back; else it is tried again
    /// in five seconds.
    bool touch();
    void fight(bool fought) { fought_ = fought; }
    /// An earlier run that was killed left this of a tunnel.
    void leave(std::uint32_t number, agent::TunnelNetwork network) {
        left_[number] = std::move(network);
    }

    /// The plane of the tunnel that is up; nullptr: none is.
    [[nodiscard]] EspPlane* plane() { return open_ == nullptr ? nullptr : &open_->plane; }
    [[nodiscard]] const EspPlane* plane() const {
        return open_ == nullptr ? nullptr : &open_->plane;
    }
    /// The routes and rules of the tunnel that is up; nothing before the first apply().
    [[nodiscard]] const agent::TunnelNetwork* applied() const;
    /// Likewise, as an earlier network or run left them.
    [[nodiscard]] const std::map<std::uint32_t, agent::TunnelNetwork>& left() const {
        return left_;
    }
    [[nodiscard]] bool blocks_or_carries(const ike::Prefix& prefix) const;

    /// The rule of nothing in clear, for the tunnel of this name. Called at each change.
    void watch_over(std::string tunnel) { watched_ = std::move(tunnel); }
    void judge();

  private:
    struct Open {
        std::uint32_t number = 0;
        EspPlane plane;
        std::optional<agent::TunnelNetwork> applied;
        std::function<bool()> touched;
        std::string device;
    };
    class Network;
    class Stale;

    [[nodiscard]] std::vector<ike::Prefix> held_back() const;

    agent::Scheduler& scheduler_;
    ike::crypto::Random& random_;
    const Wishes& wishes_;
    MachineOutlets outlets_;
    agent::Timer look_again_;
    PlaneKind kind_ = PlaneKind::tun;
    std::optional<agent::SystemError> open_error_;
    unsigned refused_routes_ = 0;
    bool lacks_ipv6_ = false;
    bool fought_ = false;
    Open* open_ = nullptr;
    std::map<std::uint32_t, agent::TunnelNetwork> left_;
    std::string watched_;
    std::vector<ike::Prefix> covered_;  // since the wish was fulfilled
};

}  // namespace sim
