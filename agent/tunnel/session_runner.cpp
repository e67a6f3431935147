// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/session_runner.hpp"

namespace agent {

using namespace std::chrono_literals;

namespace {

// A retransmission must be on time. Deadlines that are farther away (keepalives, liveness, rekeys)
// may be late by a second, so that their wake-ups coincide with others.
constexpr ike::Duration prompt_accuracy = 1ms;
constexpr ike::Duration patient_accuracy = 1s;
constexpr ike::Duration far_away = 5s;

}  // namespace

SessionRunner::SessionRunner(Scheduler& loop, ike::session::Session session, SessionOutlets outlets)
    : loop_(loop),
      session_(std::move(session)),
      outlets_(std::move(outlets)),
      prompt_(loop.timer([this] { tick(); }, prompt_accuracy)),
      patient_(loop.timer([this] { tick(); }, patient_accuracy)) {}

void SessionRunner::tick() {
    feed([this](ike::session::Session& session, ike::Instant now) {
        outlets_.before_tick(session, now);
        session.tick(now);
    });
}

void SessionRunner::drain() {
    if (draining_) {
        return;  // an outlet fed us; the loop below goes on
    }
    draining_ = true;
    while (true) {
        if (const auto transmit = session_.poll_transmit()) {
            outlets_.send(*transmit);
        } else if (auto event = session_.poll_event()) {
            outlets_.handle(*this, std::move(*event));
        } else {
            break;
        }
    }
    draining_ = false;
    arm();
}

void SessionRunner::arm() {
    const auto deadline = session_.next_deadline();
    const bool patient = deadline && *deadline - loop_.now() >= far_away;
    prompt_.set(patient ? std::nullopt : deadline);
    patient_.set(patient ? deadline : std::nullopt);
}

}  // namespace agent
