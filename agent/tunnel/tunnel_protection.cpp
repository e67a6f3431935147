// SPDX-License-Identifier: Apache-2.0
#include "agent/guard/coverage.hpp"
#include "agent/path/portal.hpp"
#include "agent/routing/local_networks.hpp"
#include "agent/tunnel/tunnel.hpp"

namespace agent {

GuardFacts Tunnel::guard_facts() const {
    GuardFacts facts{.network = *env_.network};
    network_.describe(facts);
    facts.carries = gateway_answers();
    if (!facts.carries && (network_.is_open() || is_guarded())) {
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
    if (network_.is_open()) {
        network_.let_beside(
            local_routes(local_networks(config_.local_network, facts.network), facts.network),
            portal, checked_uplinks(facts.network.managed));
    }
}

/// While the way is open the network's own name servers are asked: the tunnel's cannot answer.
void Tunnel::tell_of_portal(const std::optional<guard::PortalHole>& portal) {
    if (portal) {
        env_.log.warning("the network is a portal: DNS and web pages go to it beside the tunnel",
                         {{"tunnel", config_.name},
                          {"interface", portal->interface},
                          {"remedy", "log in to the network by a browser"}});
        network_.forget_name_servers();
        return;
    }
    env_.log.info("nothing goes beside the tunnel any more", {{"tunnel", config_.name}});
    network_.set_name_servers();
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
