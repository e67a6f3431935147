// SPDX-License-Identifier: Apache-2.0
#include "ike/session/liveness/traffic_watch.hpp"

#include <algorithm>

namespace ike::session {

using namespace std::chrono_literals;

namespace {

constexpr Duration least_wait = 100ms;  // where the next remedy is due so soon

}  // namespace

bool TrafficWatch::may_try_udp(const Use& use) const {
    return use.nat_traversal && !use.in_udp && experience_.may_try_udp(use.path);
}

bool TrafficWatch::on_inbound(Instant when, const Use& use) {
    const bool missed = flow_.is_missed();
    if (flow_.came_in(when)) {
        experience_.rekey_helped();
    }
    experience_.came_in(use.path, use.in_udp);
    return missed;
}

TrafficWatch::Outcome TrafficWatch::on_no_inbound(Instant now, const Use& use) {
    const bool said = flow_.is_missed();
    const FlowState state{.may_encapsulate = may_try_udp(use) && use.mobike,
                          .reconnections = experience_.reconnections()};
    Outcome outcome;
    outcome.remedy = flow_.missing(now, state);
    outcome.newly_missed = flow_.is_missed() && !said;
    outcome.check_again_in = std::max(flow_.until_next(state), least_wait);
    if (outcome.remedy == FlowRemedy::encapsulate) {
        experience_.try_udp(use.path);
    } else if (outcome.remedy == FlowRemedy::succeed) {  // the next IKE SA goes on from this
        if (may_try_udp(use)) {
            experience_.try_udp(use.path);
        }
        experience_.reconnected(use.path);
    }
    return outcome;
}

bool TrafficWatch::needs_rekey_after_move() {
    const bool needed = experience_.needs_rekey_after_move() && flow_.carries_moved_children();
    if (needed) {
        flow_.rekeyed();
    }
    return needed;
}

}  // namespace ike::session
