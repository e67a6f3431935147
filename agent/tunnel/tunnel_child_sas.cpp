// SPDX-License-Identifier: Apache-2.0
#include "agent/status/log_text.hpp"
#include "agent/tunnel/tunnel.hpp"

namespace agent {

using namespace ike::session;

void Tunnel::on(ChildSaUp& up) {
    if (closing_for_) {
        return;  // it closes with its IKE SA
    }
    const ike::ChildSpi spi = up.sa.inbound.spi;
    if (!carry(std::move(up.sa), true)) {
        return;
    }
    if (state_ != TunnelState::connecting) {
        env_.log.info("child sa made", {{"tunnel", config_.name}, {"spi", ike::text(spi)}});
        report_.changed();
        return;
    }
    drop_replacement();  // if one was parked
    fulfilled_ = true;
    remember_wish();
    attempts_.connected();
    env_.log.info("connected", {{"tunnel", config_.name},
                                {"path", text(paths_.data_path()->status())},
                                {"virtual_addresses", joined(network_.virtual_addresses())},
                                {"mobike", sessions_.ike_sa()->mobike ? "yes" : "no"},
                                {"device", network_.device()},
                                {"outside", joined(network_.outside())}});
    set_state(TunnelState::connected);
}

void Tunnel::on(ChildSaRekeyed& rekeyed) {
    const ike::ChildSpi fresh = rekeyed.fresh.inbound.spi;
    if (carry(std::move(rekeyed.fresh), false)) {
        env_.log.info(
            "child sa rekeyed",
            {{"tunnel", config_.name}, {"old", ike::text(rekeyed.old)}, {"new", ike::text(fresh)}});
        report_.changed();
    }
}

void Tunnel::on(const ChildSaRefused& refused) {
    env_.log.warning("the gateway does not make a child sa; nothing passes to these networks",
                     {{"tunnel", config_.name},
                      {"remote_ts", joined(config_.child_sas[refused.policy])},
                      {"notify", refused.notify}});
}

/// Installs the SA, and brings the system to where it wants it.
bool Tunnel::carry(ChildSa sa, bool send) {
    const std::uint32_t mtu = uplink_mtu(around(), sa.path);
    network_.grant(sa, send);
    guard_.begin();
    protect();  // before the virtual addresses are there
    if (auto done = network_.install(std::move(sa), send, peer_.all(), mtu); !done) {
        if (!fulfilled_) {
            unprotect();  // it never came through
        }
        close_for(tunnel_error(done.error()));
        return false;
    }
    return true;
}

void Tunnel::on(const ChildSaSwitched& switched) {
    if (network_.switch_to(switched.inbound)) {
        protect();
    }
}

void Tunnel::on(const ChildSaDown& down) {
    network_.remove(down.inbound);
    report_.changed();
}

}  // namespace agent
