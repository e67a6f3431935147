// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/scheduler.hpp"
#include "agent/wish/attempt_log.hpp"
#include "agent/wish/attempt_round.hpp"
#include "agent/wish/retry_policy.hpp"
#include "ike/session/values/event.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace agent {

/// The attempts to connect one tunnel: which path has its turn, for how long, when the next attempt
/// is, and how each ended. `one_shot`: the wish ends with its first failure
/// (StandingWish::ends_with_first_failure).
class Attempts {
  public:
    using Paths = AttemptRound::Paths;

    /// Both are called from the scheduler: the time for the next attempt has come, or the turn of
    /// the attempt under way is over.
    Attempts(Scheduler& loop, std::function<void()> retry, std::function<void()> turn_ends)
        : loop_(loop),
          retry_(loop.timer(std::move(retry))),
          turn_ends_(loop.timer(std::move(turn_ends))) {}
    Attempts(const Attempts&) = delete;
    Attempts& operator=(const Attempts&) = delete;

    // An attempt.

    /// Both are empty when the gateway's name is not resolved yet.
    void begin(std::string interface, std::string gateway) {
        log_.begin(std::move(interface), std::move(gateway), loop_.monotonic());
    }
    /// `best`, or another path that has had no turn in this round.
    ike::session::AddressPair take_turn(const ike::session::AddressPair& best, const Paths& all) {
        return round_.take(best, all);
    }
    /// Ends the turn after the round's patience times `factor`, if another path waits for its turn.
    void limit_turn(const Paths& all, bool one_shot, int factor = 1);
    /// Something came in since the attempt began.
    void heard() { heard_ = true; }
    /// An answer that nobody has authenticated says why the attempt fails. A person waits for a
    /// one-shot run, so the true answer has 12 s to come.
    void hint(const ike::session::Failure& failure, bool one_shot);
    /// The turn is over. Why the attempt failed; nothing: the attempt has another turn.
    std::optional<ike::session::Failure> on_turn_end(const Paths& all, bool has_path,
                                                     bool one_shot);
    void connected();

    // After it.

    void failed(const TunnelError& error) { log_.fail(error); }
    Retry retry_after(const TunnelError& error, double chance);
    Retry retry_after_planned_end(double chance) {
        return retry_policy_.ended_as_planned(loop_.now(), chance);
    }
    void wait(ike::Duration delay);
    void stop_waiting();
    /// The gateway has refused the login of a replacement.
    void login_refused() { no_login_before_ = loop_.now() + RetryPolicy::first_after_login; }
    /// A replacement may log in: one more failed login will not lock the account.
    [[nodiscard]] bool may_log_in() const { return loop_.now() >= no_login_before_; }
    /// The wish begins: the log has only its own attempts.
    void clear_log() { log_.clear(); }
    /// The wish has ended, or this run: nothing is due any more.
    void stop();

    [[nodiscard]] bool under_way() const { return log_.under_way(); }
    /// Another path has had no turn in this round.
    [[nodiscard]] bool another_waits(const Paths& all) const { return round_.waits(all); }
    [[nodiscard]] bool had_turn(const ike::session::AddressPair& path) const {
        return round_.had_turn(path);
    }
    [[nodiscard]] const std::vector<AttemptStatus>& log() const { return log_.attempts(); }
    [[nodiscard]] std::optional<MonotonicTime> next() const { return next_; }

  private:
    Scheduler& loop_;
    Timer retry_;
    Timer turn_ends_;
    RetryPolicy retry_policy_;
    AttemptRound round_;
    AttemptLog log_;
    std::optional<MonotonicTime> next_;  // while the retry timer runs
    std::optional<ike::session::Failure> hint_;
    bool heard_ = false;
    ike::Instant no_login_before_{};
};

/// "1500ms"
std::string milliseconds_text(ike::Duration duration);

}  // namespace agent
