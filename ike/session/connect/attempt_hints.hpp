// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/values/reason.hpp"

#include <optional>
#include <vector>

namespace ike::session {

/// What unauthenticated answers said while there was no IKE SA (RFC 7296 2.21.1): remembered and
/// told, never obeyed. One of each reason, so that a flood costs nothing.
class AttemptHints {
  public:
    /// The first with its reason is worth telling.
    void add(const Failure& hint);
    /// One that has not been told yet.
    std::optional<Failure> poll();

    /// Why an attempt ended in which no gateway proved itself: out of reach. `silence` says so when
    /// there is no hint; else the hints follow, and the last of them is Failure::unconfirmed.
    [[nodiscard]] Failure end(std::string silence) const;

  private:
    std::vector<Failure> hints_;
    std::size_t told_ = 0;  // of these
};

}  // namespace ike::session
