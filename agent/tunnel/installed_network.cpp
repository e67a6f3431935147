// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/installed_network.hpp"

#include "agent/status/log_text.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace agent {

using ike::Fail;
using Outcome = ike::Result<void, SystemError>;

Outcome InstalledNetwork::open(const DataPlaneEvents& events, std::function<void(bool)> restored,
                               bool keeps_block) {
    if (std::exchange(reopens_, false) && system_) {
        if (keeps_block) {
            leave_block();  // until the next one has taken it over
        }
        system_.reset();
        take_stale_block();
    }
    if (system_) {
        return {};
    }
    auto opened = TunnelSystem::open(host_, log_, config_, number_, events, std::move(restored));
    if (!opened) {
        return Fail{opened.error()};
    }
    system_ = std::move(*opened);
    inbound_counted_ = 0;
    return {};
}

void InstalledNetwork::close(bool keeps_block) {
    if (system_) {
        log_refused_packets();
        forget_name_servers();
    }
    if (keeps_block) {
        leave_block();
    }
    system_.reset();
    stale_.reset();
    child_sas_.clear();
    assigned_.addresses.clear();
    assigned_.dns.clear();
    granted_.clear();
    plane_name_.clear();
    device_.clear();
}

void InstalledNetwork::leave_block() {
    if (stale_) {
        stale_->leave();
    }
    if (system_) {
        system_->leave_block();
    }
}

void InstalledNetwork::assign(ike::session::AssignedConfig assigned) {
    assigned_ = std::move(assigned);
    for (const std::string& what : assigned_.left_out) {
        log_.warning("a part of the gateway's configuration payload cannot be used",
                     {{"tunnel", config_.name}, {"left_out", what}});
    }
    granted_.clear();
    plane_name_ = plane().name();
    device_ = plane().device();
}

Outcome InstalledNetwork::install(ike::session::ChildSa sa, bool send,
                                  std::vector<ike::IpAddress> gateways, std::uint32_t uplink_mtu) {
    ChildSaStatus child{sa.inbound.spi, sa.outbound.spi, {}};
    std::ranges::transform(sa.remote_selectors, std::back_inserter(child.remote_ts),
                           &ike::wire::TrafficSelector::text);
    TunnelNetwork network = wanted_network();
    network.gateways = std::move(gateways);
    if (auto taken = system_->take(std::move(sa), send, std::move(network), uplink_mtu); !taken) {
        return taken;
    }
    child_sas_.push_back(std::move(child));
    take_over_block();
    set_name_servers();
    return {};
}

bool InstalledNetwork::switch_to(ike::ChildSpi inbound) {
    plane().switch_to(inbound);
    if (!granted_.use(inbound)) {
        return false;
    }
    if (auto led = system_->lead(wanted_network()); !led) {
        log_.warning("the routes could not follow the uplink's address",
                     {{"tunnel", config_.name}, {"error", led.error().text()}});
    }
    return true;
}

void InstalledNetwork::remove(ike::ChildSpi inbound) {
    plane().remove(inbound);
    granted_.remove(inbound);
    std::erase_if(child_sas_, [&](const ChildSaStatus& child) { return child.inbound == inbound; });
}

void InstalledNetwork::remove_child_sas() {
    for (const ChildSaStatus& child : give_away_child_sas()) {
        plane().remove(child.inbound);
    }
}

void InstalledNetwork::move(const ike::Path& path, bool udp_encapsulated,
                            std::uint32_t uplink_mtu) {
    if (auto moved = system_->move(path, udp_encapsulated, uplink_mtu); !moved) {
        log_.warning("the data plane could not be moved to the new path",
                     {{"tunnel", config_.name}, {"error", moved.error().text()}});
    }
}

bool InstalledNetwork::has_uncounted_inbound() const {
    return packets_by_path(plane().traffic()) > inbound_counted_;
}

bool InstalledNetwork::count_inbound() {
    const bool more = has_uncounted_inbound();
    if (more) {
        disregard_inbound();
    }
    return more;
}

void InstalledNetwork::disregard_inbound() {
    inbound_counted_ = packets_by_path(plane().traffic());
}

void InstalledNetwork::use_gateways(std::vector<ike::IpAddress> gateways) {
    if (auto used = system_->use_gateways(std::move(gateways)); !used) {
        log_.warning("the routes for the gateway's addresses could not be set",
                     {{"tunnel", config_.name}, {"error", used.error().text()}});
    }
}

void InstalledNetwork::follow_uplink_mtu(std::uint32_t uplink_mtu) {
    if (auto done = system_->follow_uplink_mtu(uplink_mtu); !done) {
        log_.warning("the tunnel's MTU does not follow the uplink's",
                     {{"tunnel", config_.name}, {"error", done.error().text()}});
    }
}

void InstalledNetwork::let_beside(std::vector<LocalRoute> local,
                                  const std::optional<guard::PortalHole>& portal,
                                  std::vector<std::string> checked) {
    if (auto let = system_->let_beside(std::move(local), portal, std::move(checked)); !let) {
        log_.warning("the routes beside the tunnel could not be set",
                     {{"tunnel", config_.name}, {"error", let.error().text()}});
    }
}

void InstalledNetwork::set_name_servers() {
    if (device_.empty() || granted_.empty()) {
        return;
    }
    const NameServers servers = name_servers_for(assigned_, config_.dns, wanted_network());
    if (!servers.left_out.empty()) {
        log_.warning("domains that the gateway names are left out",
                     {{"tunnel", config_.name},
                      {"domains", joined(servers.left_out)},
                      {"remedy", "name those that are its own in dns_domains"}});
    }
    name_servers_.set(device_, servers);
}

bool InstalledNetwork::follow_device() {
    if (device_.empty()) {
        return false;
    }
    forget_name_servers();
    device_ = plane().device();
    return true;
}

std::vector<ike::Prefix> InstalledNetwork::outside() const {
    return agent::outside(wanted_network(), config_.child_sas);
}

netwatch::DeviceNames InstalledNetwork::own_devices() const {
    return system_ ? netwatch::DeviceNames{plane().device()} : netwatch::DeviceNames{};
}

std::optional<SystemError> InstalledNetwork::fault() const {
    return system_ ? system_->fault() : std::nullopt;
}

std::optional<TunnelError> InstalledNetwork::error() const {
    if (const auto failed = fault()) {
        return TunnelError{"own-state-lost",
                           "somebody took away what is the tunnel's in the kernel, and it can't be "
                           "put back: " +
                               failed->text(),
                           failed->remedy.empty()
                               ? "find out which program does that; the tunnel's traffic is blocked"
                               : failed->remedy};
    }
    if (system_ && system_->overridden()) {
        const RouteOverride& overridden = *system_->overridden();
        return TunnelError{"route-overridden",
                           "what goes to " + overridden.destination.text() +
                               " does not go into the tunnel: " + overridden.by +
                               " comes before the tunnel's rule",
                           overridden.remedy};
    }
    if (system_ && system_->fought()) {
        return TunnelError{"own-state-fought",
                           "a program takes away what is the tunnel's in the kernel again and "
                           "again; it is put back each time",
                           "find out which program does that (ip monitor), and have it leave "
                           "roamd's devices, routes and rules alone"};
    }
    return std::nullopt;
}

void InstalledNetwork::describe(GuardFacts& facts) const {
    if (system_) {
        facts.device = plane().device();
        facts.kernel_ipsec = plane().name() == "xfrm";
    } else if (const auto device = stale_ ? stale_->device() : std::nullopt) {
        facts.device = device->name;
        facts.kernel_ipsec = true;  // a TUN device goes with its process
        facts.addresses = device->addresses;
    }
    for (const ike::Prefix& address : virtual_addresses()) {
        facts.addresses.push_back(address.address);
    }
    if (granted_.own_address() && system_) {
        facts.own_address = granted_.own_address();
        facts.ports = {system_->ports().ike, system_->ports().nat_t};
    }
    facts.granted = wanted_network().destinations;
}

TunnelNetwork InstalledNetwork::wanted_network() const {
    return granted_.network(config_, assigned_);
}

void InstalledNetwork::take_over_block() {
    if (!stale_) {
        return;
    }
    if (auto taken = stale_->take_over(plane().device()); !taken) {
        log_.warning("objects of an earlier run could not be removed",
                     {{"tunnel", config_.name}, {"error", taken.error().text()}});
    }
    stale_.reset();
}

void InstalledNetwork::log_refused_packets() const {
    const Traffic traffic = plane().traffic();
    log_.debug("packets refused", {{"tunnel", config_.name},
                                   {"replayed", std::to_string(traffic.replayed)},
                                   {"unauthentic", std::to_string(traffic.unauthentic)},
                                   {"unknown_spi", std::to_string(traffic.unknown_spi)},
                                   {"malformed", std::to_string(traffic.malformed)},
                                   {"outside_selectors", std::to_string(traffic.outside_selectors)},
                                   {"queue_dropped", std::to_string(traffic.queue_dropped)}});
}

}  // namespace agent
