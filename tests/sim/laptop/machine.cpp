// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/laptop/machine.hpp"

#include "agent/guard/coverage.hpp"
#include "tests/sim/world/digest.hpp"

#include <algorithm>
#include <cerrno>

namespace sim {

using namespace ike;
using namespace std::chrono_literals;
using agent::TunnelNetwork;

namespace {

template <class Values>
std::string texts(const Values& values) {
    std::string all;
    for (const auto& value : values) {
        all += " " + value.text();
    }
    return all;
}

std::string text(const TunnelNetwork& network) {
    std::string all = network.device + " " + std::to_string(network.mtu) +
                      texts(network.addresses) + " to" + texts(network.destinations) + " by" +
                      texts(network.gateways) + " not" + texts(network.unreachable) + " local";
    for (const agent::LocalRoute& route : network.local) {
        all += " " + route.destination.text();
    }
    for (const std::string& checked : network.checked) {
        all += " " + checked;
    }
    return all + (network.portal ? " portal " + network.portal->interface : "");
}

std::string text(const agent::guard::Protection& protection) {
    return protection.device + (protection.kernel_ipsec ? " kernel" : "") +
           texts(protection.addresses) + " covers" + texts(protection.covered) +
           (protection.connectivity_check ? " check" : "") +
           (protection.portal ? " portal " + protection.portal->interface : "");
}

}  // namespace

void Filter::protect(const std::string& tunnel, agent::guard::Protection protection) {
    add_to_digest("protect " + text(protection));
    held_[tunnel] = std::move(protection);
}

void Filter::release(const std::string& tunnel) {
    add_to_digest("release");
    held_.erase(tunnel);
}

void Wishes::keep(const std::string& tunnel, const agent::Wish& wish) {
    add_to_digest("wish" + texts(wish.gateways) + (wish.fulfilled ? " fulfilled" : ""));
    kept_[tunnel] = wish;
}

void Wishes::forget(const std::string& tunnel) {
    add_to_digest("forget wish");
    kept_.erase(tunnel);
}

void DeviceNames::set(const std::string& device, const agent::NameServers& servers) {
    add_to_digest("name servers of " + device + texts(servers.addresses));
    servers_[device] = servers;
}

void DeviceNames::forget(const std::string& device) {
    add_to_digest("forget name servers of " + device);
    servers_.erase(device);
}

class Machine::Network final : public agent::HostNetwork {
  public:
    Network(Machine& machine, std::uint32_t number, agent::HostEvents events)
        : machine_(machine),
          open_{.number = number,
                .plane = EspPlane(machine.scheduler_, machine.random_, machine.kind_,
                                  std::move(events.plane),
                                  {machine.outlets_.send_esp, machine.outlets_.violated}),
                .applied = {},
                .touched = std::move(events.touched),
                .device = {}} {
        open_.device = open_.plane.device();
        machine_.open_ = &open_;
    }
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;
    ~Network() override {
        if (leaves_block_ && open_.applied) {
            machine_.left_[open_.number] = *open_.applied;
        }
        machine_.open_ = nullptr;
        machine_.judge();
    }

    [[nodiscard]] session::LocalPorts ports() const override { return {}; }
    [[nodiscard]] agent::DataPlane& plane() override { return open_.plane; }
    [[nodiscard]] const agent::DataPlane& plane() const override { return open_.plane; }
    bool send_ike(const Path& path, ByteView datagram) override {
        return machine_.outlets_.send_ike(path, datagram);
    }
    Result<void, agent::SystemError> apply(const TunnelNetwork& wanted) override {
        add_to_digest("apply " + text(wanted));
        open_.applied = wanted;  // what blocks comes first
        machine_.judge();
        if (machine_.refused_routes_ != 0) {
            --machine_.refused_routes_;
            return Fail{agent::SystemError{"add a route", ENOMEM, {}}};
        }
        return {};
    }
    [[nodiscard]] bool lacks_ipv6() const override { return machine_.lacks_ipv6_; }
    void leave_block() override {
        add_to_digest("leave block");
        leaves_block_ = true;
    }
    bool find_device() override {
        const std::string before = std::exchange(open_.device, open_.plane.device());
        return open_.device != before;
    }
    [[nodiscard]] const std::optional<agent::RouteOverride>& overridden() const override {
        return overridden_;
    }
    [[nodiscard]] bool fought() const override { return machine_.fought_; }

  private:
    Machine& machine_;
    Open open_;
    std::optional<agent::RouteOverride> overridden_;  // nobody else makes rules there
    bool leaves_block_ = false;
};

class Machine::Stale final : public agent::StaleBlock {
  public:
    Stale(Machine& machine, std::uint32_t number) : machine_(machine), number_(number) {}
    Stale(const Stale&) = delete;
    Stale& operator=(const Stale&) = delete;
    ~Stale() override { remove(); }

    void leave() override { number_.reset(); }
    Result<void, agent::SystemError> take_over(const std::string&) override {
        remove();
        return {};
    }
    [[nodiscard]] std::optional<agent::StaleDevice> device() const override {
        const auto found = number_ ? machine_.left_.find(*number_) : machine_.left_.end();
        if (found == machine_.left_.end()) {
            return std::nullopt;
        }
        return agent::StaleDevice{found->second.device, found->second.addresses};
    }

  private:
    void remove() {
        if (const auto number = std::exchange(number_, std::nullopt)) {
            machine_.left_.erase(*number);
            machine_.judge();
        }
    }

    Machine& machine_;
    std::optional<std::uint32_t> number_;
};

Result<std::unique_ptr<agent::HostNetwork>, agent::SystemError> Machine::open(
    const agent::TunnelConfig& config, std::uint32_t number, agent::HostEvents events) {
    if (open_error_) {
        return Fail{*open_error_};
    }
    if (open_ != nullptr) {
        outlets_.violated("the tunnel " + config.name + " opens a second network");
    }
    if (config.data_plane != agent::DataPlaneChoice::automatic) {
        use(config.data_plane == agent::DataPlaneChoice::tun ? PlaneKind::tun : PlaneKind::xfrm);
    }
    return std::unique_ptr<agent::HostNetwork>(
        std::make_unique<Network>(*this, number, std::move(events)));
}

std::unique_ptr<agent::StaleBlock> Machine::stale_block(std::uint32_t number) {
    return std::make_unique<Stale>(*this, number);
}

bool Machine::touch() {
    const bool done = open_ == nullptr || open_->touched();
    if (!done) {
        look_again_.set(scheduler_.now() + 5s);  // as OwnStateWatch does
    }
    return done;
}

const TunnelNetwork* Machine::applied() const {
    return open_ != nullptr && open_->applied ? &*open_->applied : nullptr;
}

std::vector<Prefix> Machine::held_back() const {
    std::vector<Prefix> all;
    const auto add = [&all](const TunnelNetwork& network) {
        all.insert(all.end(), network.destinations.begin(), network.destinations.end());
        all.insert(all.end(), network.unreachable.begin(), network.unreachable.end());
    };
    if (const TunnelNetwork* network = applied()) {
        add(*network);
    }
    for (const auto& [number, network] : left_) {
        add(network);
    }
    return all;
}

bool Machine::blocks_or_carries(const Prefix& prefix) const {
    return agent::guard::cover(held_back(), prefix);
}

void Machine::judge() {
    const agent::Wish* const wish = wishes_.find(watched_);
    if (wish == nullptr || !wish->fulfilled) {
        covered_.clear();
        return;
    }
    for (const Prefix& prefix : held_back()) {
        covered_.push_back(prefix);
    }
    covered_ = agent::guard::without_overlaps(std::move(covered_));
    for (const Prefix& prefix : covered_) {
        if (!blocks_or_carries(prefix)) {
            outlets_.violated(prefix.text() + " leaves in clear");
        }
    }
}

}  // namespace sim
