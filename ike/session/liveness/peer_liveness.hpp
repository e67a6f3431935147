// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"

#include <optional>
#include <utility>

namespace ike::session {

/// Whether the gateway is there (RFC 7296 2.4): when it was heard last, when it is to be asked,
/// whether it leaves requests unanswered, and how long it gets to answer after the machine has
/// slept.
class PeerLiveness {
  public:
    /// `interval`: the silence after which the gateway is asked; zero: never.
    explicit PeerLiveness(Duration interval) : interval_(interval) {}

    /// An authentic message that is no repetition came in. True: the gateway was unresponsive until
    /// now.
    bool on_authentic(Instant now);
    /// Data came in, which an authentic peer alone can send.
    void on_inbound(Instant when);
    [[nodiscard]] Instant last_heard() const { return last_heard_; }

    /// The gateway is to be asked for a sign of life, at next_request_due().
    [[nodiscard]] std::optional<Instant> next_request_due() const;

    /// A request that has left so often says that the gateway does not answer.
    [[nodiscard]] static bool is_silence(unsigned transmissions);
    /// There was such a request. True: until now the gateway was responsive.
    bool on_silence() { return !std::exchange(unresponsive_, true); }

    /// The machine has slept. Until the gateway answers, resumed() is true.
    void on_resume() { resumed_ = true; }
    [[nodiscard]] bool resumed() const { return resumed_; }
    /// There is a path, so the gateway can answer from now on; the session ends at give_up_at()
    /// unless it does.
    void begin_patience(Instant now);
    void end_patience() { give_up_at_.reset(); }
    [[nodiscard]] std::optional<Instant> give_up_at() const { return give_up_at_; }

  private:
    Duration interval_;
    Instant last_heard_{};
    std::optional<Instant> give_up_at_;
    bool resumed_ = false;
    bool unresponsive_ = false;
};

}  // namespace ike::session
