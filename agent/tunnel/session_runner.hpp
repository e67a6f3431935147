// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/scheduler.hpp"
#include "ike/session/session.hpp"

#include <functional>

namespace agent {

class SessionRunner;

/// Where a session's output goes.
struct SessionOutlets {
    std::function<void(const ike::session::Transmit&)> send;
    std::function<void(SessionRunner&, ike::session::Event)> handle;
    std::function<void(ike::session::Session&, ike::Instant)> before_tick;
};

/// Drives one session: after every input its datagrams leave, its events are handled, its timer is
/// set. Datagrams go first, for a roam is measured by the first of them. All that is done before
/// feed() returns, so host and session agree before the next input comes (docs/decisions/0008). An
/// outlet may feed the runner, but not destroy it.
class SessionRunner {
  public:
    SessionRunner(Scheduler& loop, ike::session::Session session, SessionOutlets outlets);
    SessionRunner(const SessionRunner&) = delete;
    SessionRunner& operator=(const SessionRunner&) = delete;

    [[nodiscard]] const ike::session::Session& session() const { return session_; }
    /// `input(session, now)` calls one of the session's inputs.
    template <class Input>
    void feed(Input input) {
        input(session_, loop_.now());
        drain();
    }

  private:
    void tick();
    void drain();
    void arm();

    Scheduler& loop_;
    ike::session::Session session_;
    SessionOutlets outlets_;
    Timer prompt_;
    Timer patient_;
    bool draining_ = false;
};

}  // namespace agent
