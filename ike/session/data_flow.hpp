// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"

#include <chrono>
#include <optional>

namespace ike::session {

/// What is done, step by step, when the gateway answers and nothing comes through the Child SAs.
enum class FlowRemedy : std::uint8_t {
    none,       // perhaps nothing is to come: it never did, or not lately
    update,     // tell the gateway once more where we are
    rekey,      // make the Child SAs anew
    reconnect,  // after a move that nothing came in since: start over
};

/// Whether data flows. Traffic in one direction only is no fault, so remedies are chosen only where
/// something came in lately, and the last one only when a move may be to blame.
class DataFlow {
  public:
    void came_in(Instant when);
    /// The path is another since now.
    void moved(Instant now);
    /// We send, nothing comes in, and the gateway answers: what to do about it now.
    FlowRemedy missing(Instant now);
    /// Something was done because nothing had come in since a move, and nothing has since.
    [[nodiscard]] bool is_missed() const { return missed_; }

  private:
    static constexpr Duration lately = std::chrono::seconds(60);
    static constexpr Duration between_remedies = std::chrono::seconds(1);
    /// What costs an authentication is not done for a moment's silence.
    static constexpr Duration before_reconnect = std::chrono::seconds(20);

    std::optional<Instant> last_;
    bool proved_ = true;  // something came in since the last move
    bool missed_ = false;
    FlowRemedy tried_ = FlowRemedy::none;
    Instant tried_at_;
};

}  // namespace ike::session
