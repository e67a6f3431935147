// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/session/values/datagrams.hpp"
#include "ike/session/values/event.hpp"

#include <deque>
#include <optional>

namespace ike::session {

/// The output of a session: datagrams and events, each kind in order. On hold there is no path, so
/// no datagram leaves: requests and answers are repeated by the next path.
class Output {
  public:
    void send(const Path& path, const Datagrams& message, Transmit::Purpose purpose, Instant now);
    void emit(Event event) { events_.push_back(std::move(event)); }

    void hold() { on_hold_ = true; }
    /// Returns whether it was on hold.
    bool resume();
    [[nodiscard]] bool on_hold() const { return on_hold_; }
    /// When the last datagram left; a NAT keeps its mapping for a while after that.
    [[nodiscard]] Instant last_sent() const { return last_sent_; }

    std::optional<Transmit> poll_transmit();
    std::optional<Event> poll_event();

  private:
    std::deque<Transmit> transmits_;
    std::deque<Event> events_;
    Instant last_sent_{};
    bool on_hold_ = false;
};

}  // namespace ike::session
