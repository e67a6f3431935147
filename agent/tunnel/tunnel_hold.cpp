// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/tunnel.hpp"

namespace agent {

using ike::session::Session;

void Tunnel::hold(const HoldPath& why) {
    if (!paths_.taken()) {
        if (set_hold_reason(why.reason)) {
            report_.changed();
        }
        return;
    }
    drop_replacement();
    paths_.hold();
    sessions_.feed([](Session& session, ike::Instant now) { session.hold(now); });
    network_.plane().hold();
    hold_.limit(config_.hold, env_.loop.now());
    env_.log.info("no path, holding", {{"tunnel", config_.name}, {"reason", why.reason}});
    set_hold_reason(why.reason);
    set_state(TunnelState::holding);
    report_.fail_roam();
}

/// The gateway has forgotten us by now, or will soon: what comes back starts from nothing.
void Tunnel::give_up_holding() {
    env_.log.info("held for too long, the next network starts anew", {{"tunnel", config_.name}});
    forget_session();
    phase_ = Phase::without_path;
    begin();
}

/// Whether it is another.
bool Tunnel::set_hold_reason(const std::string& reason) {
    const bool another = hold_.hold(reason, env_.loop.now());
    hold_timer_.set(hold_.next_deadline());
    if (another) {
        env_.log.debug("holding", {{"tunnel", config_.name}, {"reason", reason}});
    }
    return another;
}

void Tunnel::on_hold_deadline() {
    const HoldStep step = hold_.on_deadline(env_.loop.now());
    hold_timer_.set(hold_.next_deadline());
    switch (step) {
        case HoldStep::none:
            return;
        case HoldStep::give_up:
            give_up_holding();
            return;
        case HoldStep::try_restricted:
            env_.log.info("tries what NetworkManager's check speaks against",
                          {{"tunnel", config_.name}, {"reason", hold_.reason()}});
            network_changed(env_.loop.monotonic());
            return;
        case HoldStep::heed_restrictions:
            heed_restrictions();
            return;
    }
}

void Tunnel::heed_restrictions() {
    if (phase_ != Phase::session || !paths_.taken() || gateway_answers()) {
        return;
    }
    const auto against = netwatch::hindrance(env_.network->managed, paths_.taken()->interface,
                                             paths_.taken()->addresses.local.family());
    if (against != netwatch::Hindrance::none) {
        hold(HoldPath{std::string(name(reason_of(against)))});
    }
}

}  // namespace agent
