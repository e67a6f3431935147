// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/tunnel_protection.hpp"

#include "agent/guard/coverage.hpp"
#include "agent/path/portal.hpp"
#include "agent/routing/local_networks.hpp"

namespace agent {

GuardFacts TunnelProtection::facts(const InstalledNetwork* installed, bool carries) const {
    GuardFacts facts{.network = *env_.network};
    if (installed != nullptr) {
        installed->describe(facts);
    }
    facts.carries = carries;
    const bool is_open = installed != nullptr && installed->is_open();
    if (!carries && (is_open || is_guarded())) {
        facts.servers = env_.names.network_servers();
    }
    return facts;
}

bool TunnelProtection::hides_checks() const {
    const auto covered = guard::covered_by(config_.child_sas, {});
    return is_guarded() && guard::cover_all(covered, ike::Family::ipv4);
}

void TunnelProtection::update(InstalledNetwork* installed, bool carries) {
    const auto before = guard_.portal(config_);
    const GuardFacts now = facts(installed, carries);
    guard_.update(config_, now);
    const auto portal = guard_.portal(config_);
    if (portal != before) {
        tell_of_portal(portal, installed);
    }
    if (installed != nullptr && installed->is_open()) {
        installed->let_beside(
            local_routes(local_networks(config_.local_network, now.network), now.network), portal,
            checked_uplinks(now.network.managed));
    }
}

void TunnelProtection::end(const InstalledNetwork* installed, bool carries) {
    guard_.end(config_, facts(installed, carries));
}

/// While the portal is let through, the network's own name servers are asked: those of the tunnel
/// cannot answer.
void TunnelProtection::tell_of_portal(const std::optional<guard::PortalHole>& portal,
                                      InstalledNetwork* installed) const {
    if (portal) {
        env_.log.warning("the network is a portal: DNS and web pages go to it beside the tunnel",
                         {{"tunnel", config_.name},
                          {"interface", portal->interface},
                          {"remedy", "log in to the network by a browser"}});
        if (installed != nullptr) {
            installed->forget_name_servers();
        }
        return;
    }
    env_.log.info("the way to the portal is closed: nothing goes beside the tunnel",
                  {{"tunnel", config_.name}});
    if (installed != nullptr) {
        installed->set_name_servers();
    }
}

}  // namespace agent
