// SPDX-License-Identifier: Apache-2.0
#include "agent/wish/attempts.hpp"

#include <utility>

namespace agent {

namespace {

// A person waits for a run in the foreground, which ends with its first failure. RFC 7296 2.21.1:
// the request is sent five times more until then, and the true answer may come.
constexpr ike::Duration true_answer_within = std::chrono::seconds(12);

MendedBy mended_by(const TunnelError& error) {
    if (error.failed_login) {
        return MendedBy::login;
    }
    return error.needs_person ? MendedBy::person : MendedBy::time;
}

}  // namespace

std::string milliseconds_text(ike::Duration duration) {
    using std::chrono::milliseconds;
    return std::to_string(std::chrono::duration_cast<milliseconds>(duration).count()) + "ms";
}

void Attempts::limit_turn(const Paths& all, bool one_shot, int factor) {
    const bool may_last = all.size() < 2 || (one_shot && !round_.waits(all));
    turn_ends_.set(may_last ? std::nullopt
                            : std::optional(loop_.now() + factor * round_.patience()));
    heard_ = false;
    hint_.reset();
}

void Attempts::hint(const ike::session::Failure& failure, bool one_shot) {
    hint_ = failure;
    if (one_shot) {
        turn_ends_.set(loop_.now() + true_answer_within);
    }
}

std::optional<ike::session::Failure> Attempts::on_turn_end(const Paths& all, bool has_path,
                                                           bool one_shot) {
    using ike::session::Failure;
    using ike::session::Reason;
    if (hint_ && one_shot) {
        return Failure{.reason = Reason::gateway_unreachable,
                       .detail = "unconfirmed, anybody may have sent it: " + hint_->detail,
                       .unconfirmed = hint_->reason};
    }
    if (!has_path) {
        limit_turn(all, one_shot);  // no network at present: nobody could have answered
        return std::nullopt;
    }
    if (std::exchange(heard_, false)) {
        limit_turn(all, one_shot, AttemptRound::when_heard - 1);
        return std::nullopt;
    }
    return Failure{Reason::gateway_unreachable,
                   "no connection within " + milliseconds_text(round_.patience())};
}

void Attempts::connected() {
    retry_policy_.connected(loop_.now());
    round_.reset();
    log_.connected();
    turn_ends_.clear();
}

Retry Attempts::retry_after(const TunnelError& error, double chance) {
    return retry_policy_.failed(mended_by(error), loop_.now(), chance);
}

void Attempts::wait(ike::Duration delay) {
    retry_.set(loop_.now() + delay);
    next_ = loop_.monotonic() + std::chrono::duration_cast<MonotonicTime>(delay);
}

void Attempts::stop_waiting() {
    retry_.clear();
    next_.reset();
}

void Attempts::stop() {
    stop_waiting();
    turn_ends_.clear();
    retry_policy_ = {};
    round_.reset();
}

}  // namespace agent
