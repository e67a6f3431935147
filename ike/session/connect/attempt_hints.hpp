// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/values/reason.hpp"

#include <vector>

namespace ike::session {

/// What unauthenticated answers said while there was no IKE SA (RFC 7296 2.21.1): remembered and
/// told, never obeyed. One of each reason, so that a flood costs nothing.
class AttemptHints {
  public:
    /// Whether it is the first with this reason, and so worth telling.
    bool add(const Failure& hint);

    /// Why an attempt ended in which no gateway proved itself: out of reach. `silence` says so when
    /// there is no hint; else the hints follow, and the last of them is Failure::unconfirmed.
    [[nodiscard]] Failure end(std::string silence) const;

  private:
    std::vector<Failure> hints_;
};

}  // namespace ike::session
