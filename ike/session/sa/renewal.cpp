// SPDX-License-Identifier: Apache-2.0
#include "ike/session/sa/renewal.hpp"

#include <algorithm>
#include <utility>

namespace ike::session {

using namespace std::chrono_literals;

namespace {

constexpr Duration longest_authentication = 10 * 365 * 24h;  // longer than that is for ever
// RFC 4478 5: an initiator may set a limit. A gateway that says 0 to each new IKE SA would have one
// made after the other without a pause.
constexpr Duration shortest_authentication = 5s;
constexpr Duration time_to_connect = 2s;  // however late the deadline is noticed

}  // namespace

/// RFC 4478 3: another IKE SA is made at nine tenths of the lifetime.
void Renewal::authentication_lasts(Duration lifetime, Instant now) {
    lifetime = std::clamp<Duration>(lifetime, Duration::zero(), longest_authentication);
    const Instant due = std::max(now + lifetime * 9 / 10, connected_ + shortest_authentication);
    authentication_ =
        Term{.due = due,
             .end = std::max(due, now + lifetime * 19 / 20),
             .why = {Reason::reauthentication_due, "the gateway's AUTH_LIFETIME is over"}};
}

void Renewal::want(Failure why, Duration patience, Instant now) {
    if (!wanted_) {
        wanted_ = Term{.due = now, .end = now + patience, .why = std::move(why)};
    }
}

Renewal::Step Renewal::due(Instant now) {
    const Step step = due(authentication_, now);
    return step == Step::none ? due(wanted_, now) : step;
}

Renewal::Step Renewal::due(std::optional<Term>& term, Instant now) {
    if (!term || now < term->due) {
        return Step::none;
    }
    if (!std::exchange(term->told, true)) {
        term->due = std::max(term->end, now + time_to_connect);
        return Step::tell;
    }
    why_ = std::exchange(term, std::nullopt)->why;
    return Step::end;
}

std::optional<Instant> Renewal::deadline() const {
    if (!authentication_ || !wanted_) {
        const auto& term = authentication_ ? authentication_ : wanted_;
        return term ? std::optional(term->due) : std::nullopt;
    }
    return std::min(authentication_->due, wanted_->due);
}

}  // namespace ike::session
