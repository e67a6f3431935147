// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"

#include <optional>

namespace ike::session {

/// How long the gateway takes to answer on the path in use, and what follows from that for the
/// waiting.
class RoundTrip {
  public:
    /// A request of ours leaves for the first time by the path that it is to be measured on.
    void on_request(Instant now) { asked_at_ = now; }
    /// The time since that request.
    [[nodiscard]] Duration since_request(Instant now) const { return now - asked_at_; }
    /// It took so long.
    void record(Duration measured) { measured_ = measured; }
    /// The path in use is another one.
    void forget() { measured_.reset(); }
    [[nodiscard]] bool known() const { return measured_.has_value(); }

    /// An answer that takes longer is late, so other paths are asked, too.
    [[nodiscard]] Duration late() const;
    /// The request in flight may well be answered yet, even by a gateway that is slow to answer.
    [[nodiscard]] bool may_be_answered_yet(Instant now) const;
    /// By how much at most a packet sent by a path that answered after `took` overtakes one that
    /// leaves now by the path in use. Zero: not at all, or not known; never more than 150 ms.
    [[nodiscard]] Duration reorder_margin(Duration took) const;
    /// A path that has not answered for so long, while another has, is dead.
    [[nodiscard]] Duration patience() const;

  private:
    std::optional<Duration> measured_;
    Instant asked_at_{};
};

}  // namespace ike::session
