// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/tunnel_guard.hpp"

#include "agent/guard/coverage.hpp"
#include "agent/path/portal.hpp"
#include "agent/routing/local_networks.hpp"

#include <algorithm>

namespace agent {

using guard::Protection;

Protection protection_for(const TunnelConfig& config, bool guarded, const GuardFacts& facts) {
    Protection protection{
        .device = facts.device, .kernel_ipsec = facts.kernel_ipsec, .addresses = facts.addresses};
    if (facts.own_address && !facts.granted.empty()) {
        protection.own_address = {*facts.own_address, facts.granted, facts.ports};
    }
    if (guarded) {
        protection.covered = guard::covered_by(config.child_sas, facts.granted);
        protection.local = local_networks(config.local_network, facts.network);
        protection.connectivity_check = facts.network.managed.checks_connectivity;
    }
    if (!facts.carries) {
        protection.portal = portal_hole(facts.network, facts.servers);
    }
    return protection;
}

std::optional<guard::PortalHole> TunnelGuard::portal(const TunnelConfig& config) const {
    const Protection* const protection = filter_.protection(config.name);
    return protection == nullptr ? std::nullopt : protection->portal;
}

bool TunnelGuard::guards(const TunnelConfig& config) const {
    return !suspended_ && (config.leak_guard == LeakGuardChoice::always ||
                           (begun_ && config.leak_guard == LeakGuardChoice::while_wanted));
}

void TunnelGuard::update(const TunnelConfig& config, const GuardFacts& facts) {
    granted_ = facts.granted;
    const bool guarded = guards(config);
    if (guarded || !facts.addresses.empty() || (facts.own_address && !facts.granted.empty())) {
        filter_.protect(config.name, protection_for(config, guarded, facts));
    } else {
        filter_.release(config.name);
    }
}

void TunnelGuard::end(const TunnelConfig& config, const GuardFacts& facts) {
    begun_ = false;
    update(config, facts);
}

GuardStatus TunnelGuard::status(const TunnelConfig& config) const {
    GuardStatus status;
    status.fault = filter_.fault(config.name);
    const Protection* const protection = filter_.protection(config.name);
    if (config.leak_guard == LeakGuardChoice::off) {
        status.state = "off";
    } else if (!guards(config)) {
        status.state = "waiting";
    } else if (protection == nullptr) {
        status.state = "failed";
    } else if (protection->portal) {
        status.state = "portal";
        status.portal = protection->portal->interface;
    } else {
        status.state = "on";
    }
    for (const ike::Prefix& prefix : guard::covered_by(config.child_sas, granted_)) {
        if (!granted_.empty() && !guard::cover(granted_, prefix)) {
            status.not_granted.push_back(prefix);
        }
    }
    return status;
}

}  // namespace agent
