// SPDX-License-Identifier: Apache-2.0
#include "agent/status/log_text.hpp"
#include "agent/tunnel/tunnel.hpp"

#include <algorithm>
#include <iterator>

namespace agent {

using namespace ike::session;

void Tunnel::on(ChildSaUp& up) {
    if (tries_after_) {
        return;  // it closes with its IKE SA
    }
    const ike::ChildSpi spi = up.sa.inbound.spi;
    if (!carry(std::move(up.sa), true)) {
        return;
    }
    if (status_.state != TunnelState::connecting) {
        env_.log.info("child sa made", {{"tunnel", config_.name}, {"spi", ike::text(spi)}});
        env_.changed(config_.name);
        return;
    }
    drop_successor();  // if one stayed aside
    fulfilled_ = true;
    remember_wish();
    retry_policy_.connected(env_.loop.now());
    round_.reset();
    attempts_.connected();
    turn_ends_.clear();
    env_.log.info(
        "connected",
        {{"tunnel", config_.name},
         {"path", text(*status_.path)},
         {"virtual_addresses", joined(status_.virtual_addresses)},
         {"mobike", status_.mobike ? "yes" : "no"},
         {"device", status_.device},
         {"outside", joined(outside(granted_.network(config_, assigned_), config_.child_sas))}});
    set_state(TunnelState::connected);
}

void Tunnel::on(ChildSaRekeyed& rekeyed) {
    const ike::ChildSpi fresh = rekeyed.fresh.inbound.spi;
    if (carry(std::move(rekeyed.fresh), false)) {
        env_.log.info(
            "child sa rekeyed",
            {{"tunnel", config_.name}, {"old", ike::text(rekeyed.old)}, {"new", ike::text(fresh)}});
        env_.changed(config_.name);
    }
}

void Tunnel::on(const ChildSaRefused& refused) {
    env_.log.warning("the gateway does not make a child sa; nothing passes to these networks",
                     {{"tunnel", config_.name},
                      {"remote_ts", joined(config_.child_sas[refused.policy])},
                      {"notify", refused.notify}});
}

/// Takes the SA into the plane, and the system to where it wants it.
bool Tunnel::carry(ChildSa sa, bool send) {
    ChildSaStatus child{sa.inbound.spi, sa.outbound.spi, {}};
    std::ranges::transform(sa.remote_selectors, std::back_inserter(child.remote_ts),
                           &ike::wire::TrafficSelector::text);
    granted_.add(config_, sa, send);
    const std::uint32_t mtu = uplink_mtu(sa.path);
    auto network = granted_.network(config_, assigned_);
    network.gateways = peer_.all();
    guard_.begin();
    protect();  // before the virtual addresses are there
    if (auto taken = system_->take(std::move(sa), send, network, mtu); !taken) {
        if (!fulfilled_) {
            unprotect();  // it never came through
        }
        close_for(taken.error());
        return false;
    }
    status_.child_sas.push_back(std::move(child));
    take_over_block();
    set_name_servers(network);
    return true;
}

void Tunnel::set_name_servers(const TunnelNetwork& network) {
    const NameServers servers = name_servers_for(assigned_, config_.dns, network);
    if (!servers.left_out.empty()) {
        env_.log.warning("domains that the gateway names are left out",
                         {{"tunnel", config_.name},
                          {"domains", joined(servers.left_out)},
                          {"remedy", "name those that are its own in dns_domains"}});
    }
    env_.resolved.set(status_.device, servers);
}

void Tunnel::take_over_block() {
    if (!left_) {
        return;
    }
    if (auto taken = left_->take_over(system_->plane().device()); !taken) {
        env_.log.warning("something of an earlier run is left",
                         {{"tunnel", config_.name}, {"error", taken.error().text()}});
    }
    left_.reset();
}

void Tunnel::on(const ChildSaSwitched& switched) {
    system_->plane().switch_to(switched.inbound);
    if (granted_.use(switched.inbound)) {
        if (auto led = system_->lead(granted_.network(config_, assigned_)); !led) {
            env_.log.warning("the routes could not follow the uplink's address",
                             {{"tunnel", config_.name}, {"error", led.error().text()}});
        }
        protect();
    }
}

void Tunnel::on(const ChildSaDown& down) {
    system_->plane().remove(down.inbound);
    granted_.remove(down.inbound);
    std::erase_if(status_.child_sas,
                  [&](const ChildSaStatus& child) { return child.inbound == down.inbound; });
    env_.changed(config_.name);
}

}  // namespace agent
