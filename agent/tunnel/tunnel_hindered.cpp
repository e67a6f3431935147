// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/tunnel.hpp"

#include <algorithm>
#include <utility>

namespace agent {

using namespace std::chrono_literals;

namespace {

// What NetworkManager's check takes for a portal may be a proxy that lets IKE through, and where
// the tunnel that waits holds back what the check asks the name server, the check finds nothing
// ever.
constexpr ike::Duration first_wait = 10s;
constexpr ike::Duration longest_wait = 160s;
constexpr ike::Duration tried_for = 5s;  // two round trips of a bad network, and a repeat

bool is_hindrance(const std::string& reason) {
    return reason == name(netwatch::RoamReason::portal) ||
           reason == name(netwatch::RoamReason::limited);
}

/// There is no path still: why the last one went says more, unless that stands in the way no more.
bool says_less(const std::string& reason, const std::string& before) {
    return reason == name(netwatch::RoamReason::no_path) && !before.empty() &&
           !is_hindrance(before);
}

}  // namespace

/// Whether it is another. It may change while the tunnel holds: a link comes back, with a portal
/// behind it.
bool Tunnel::set_hold_reason(const std::string& reason) {
    if (reason == status_.hold_reason || says_less(reason, status_.hold_reason)) {
        return false;
    }
    env_.log.debug("holding", {{"tunnel", config_.name}, {"reason", reason}});
    status_.hold_reason = reason;
    tries_hindered_ = false;
    if (!is_hindrance(reason)) {
        hindered_.clear();
        hindered_wait_ = {};
        return true;
    }
    hindered_wait_ = std::clamp(2 * hindered_wait_, first_wait, longest_wait);
    hindered_.set(env_.loop.now() + hindered_wait_);
    return true;
}

/// The time to hold is over: what there is is tried for a moment, and the gateway may answer.
void Tunnel::try_hindered() {
    if (!std::exchange(tries_hindered_, !tries_hindered_)) {
        env_.log.info("tries what NetworkManager's check speaks against",
                      {{"tunnel", config_.name}, {"reason", status_.hold_reason}});
        hindered_.set(env_.loop.now() + tried_for);
        network_changed(env_.loop.monotonic());
        return;
    }
    if (phase_ != Phase::session || !path_ || gateway_answers()) {
        return;
    }
    const auto against = netwatch::hindrance(env_.network->managed, path_->interface,
                                             path_->addresses.local.family());
    if (against != netwatch::Hindrance::none) {
        hold(HoldPath{std::string(name(reason_of(against)))});
    }
}

/// It holds no longer; a try is not enough for that.
void Tunnel::forget_hindrance() {
    give_up_holding_.clear();
    tries_hindered_ = false;
    hindered_.clear();
    hindered_wait_ = {};
}

}  // namespace agent
