// SPDX-License-Identifier: Apache-2.0
#include "agent/guard/coverage.hpp"
#include "agent/path/portal.hpp"
#include "agent/routing/local_networks.hpp"
#include "agent/tunnel/tunnel.hpp"

namespace agent {

GuardFacts Tunnel::guard_facts() const {
    GuardFacts facts{.network = *env_.network};
    if (system_) {
        facts.device = system_->plane().device();
        facts.kernel_ipsec = system_->plane().name() == "xfrm";
    } else if (const auto device = left_ ? left_->device() : std::nullopt) {
        facts.device = device->name;
        facts.kernel_ipsec = true;  // a TUN device goes with its process
        facts.addresses = device->addresses;
    }
    for (const ike::Prefix& address : status_.virtual_addresses) {
        facts.addresses.push_back(address.address);
    }
    if (granted_.own_address() && system_) {
        facts.own_address = granted_.own_address();
        facts.ports = {system_->ports().ike, system_->ports().nat_t};
    }
    facts.granted = granted_.network(config_, assigned_).destinations;
    facts.carries = gateway_answers();
    if (!facts.carries && (system_ || is_guarded())) {
        facts.servers = env_.names.network_servers();
    }
    return facts;
}

bool Tunnel::is_guarded() const {
    return guard_.guards(config_);
}

bool Tunnel::hides_checks() const {
    const auto covered = guard::covered_by(config_.child_sas, {});
    return is_guarded() && guard::cover_all(covered, ike::Family::ipv4);
}

void Tunnel::protect() {
    const auto before = guard_.portal(config_);
    const GuardFacts facts = guard_facts();
    guard_.update(config_, facts);
    const auto portal = guard_.portal(config_);
    if (portal != before) {
        tell_of_portal(portal);
    }
    if (system_) {
        const auto local =
            local_routes(local_networks(config_.local_network, facts.network), facts.network);
        if (auto let = system_->let_beside(local, portal, checked_uplinks(facts.network.managed));
            !let) {
            env_.log.warning("the routes beside the tunnel could not be set",
                             {{"tunnel", config_.name}, {"error", let.error().text()}});
        }
    }
}

/// While the way is open the network's own name servers are asked: the tunnel's cannot answer.
void Tunnel::tell_of_portal(const std::optional<guard::PortalHole>& portal) {
    if (portal) {
        env_.log.warning("the network is a portal: DNS and web pages go to it beside the tunnel",
                         {{"tunnel", config_.name},
                          {"interface", portal->interface},
                          {"remedy", "log in to the network by a browser"}});
        env_.resolved.forget(status_.device);
        return;
    }
    env_.log.info("nothing goes beside the tunnel any more", {{"tunnel", config_.name}});
    if (!granted_.empty()) {
        set_name_servers(granted_.network(config_, assigned_));
    }
}

/// The wish has ended, so nothing is blocked any more but what is to be blocked always.
void Tunnel::unprotect() {
    guard_.end(config_, guard_facts());
}

void Tunnel::free() {
    guard_.suspend();
    disconnect();
}

}  // namespace agent
