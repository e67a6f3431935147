// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/tunnel.hpp"

namespace agent {

/// Somebody touched what is ours in the kernel, and the system has put it back, or could not.
void Tunnel::own_state_changed(bool another_device) {
    if (const auto& fault = system_->fault()) {
        env_.log.error("what somebody took away could not be put back; it is tried again",
                       {{"tunnel", config_.name}, {"error", fault->text()}});
    }
    if (another_device && !status_.device.empty()) {
        follow_device();
    }
    if (gateway_answers()) {
        set_state(TunnelState::connected);
    } else {
        env_.changed(config_.name);
    }
}

/// With a device that was made anew systemd-resolved has lost its name servers, and the packet
/// filter may know it by another name.
void Tunnel::follow_device() {
    env_.resolved.forget(status_.device);
    status_.device = system_->plane().device();
    protect();
    if (!granted_.empty()) {
        set_name_servers(granted_.network(config_, assigned_));
    }
}

/// A fault keeps the tunnel from carrying, as does a rule of somebody's before ours; one that is
/// only fought goes on.
std::optional<TunnelError> Tunnel::own_state_error() const {
    if (!system_) {
        return std::nullopt;
    }
    if (const auto& fault = system_->fault()) {
        return TunnelError{"own-state-lost",
                           "somebody took away what is the tunnel's in the kernel, and it can't be "
                           "put back: " +
                               fault->text(),
                           fault->remedy.empty()
                               ? "find out which program does that; the tunnel's traffic is blocked"
                               : fault->remedy};
    }
    if (const auto& overridden = system_->overridden()) {
        return TunnelError{"route-overridden",
                           "what goes to " + overridden->destination.text() +
                               " does not go into the tunnel: " + overridden->by +
                               " comes before the tunnel's rule",
                           overridden->remedy};
    }
    if (system_->fought()) {
        return TunnelError{"own-state-fought",
                           "a program takes away what is the tunnel's in the kernel again and "
                           "again; it is put back each time",
                           "find out which program does that (ip monitor), and have it leave "
                           "roamd's devices, routes and rules alone"};
    }
    return std::nullopt;
}

}  // namespace agent
