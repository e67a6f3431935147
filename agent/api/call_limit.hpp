// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace agent {

/// How often each sender on a bus is answered: `burst` calls at once, then one each `interval`. A
/// sender that has been quiet for long enough is forgotten. Where more senders call than are kept
/// apart, the rest share one allowance, so memory is bounded.
class CallLimit {
  public:
    static constexpr unsigned burst = 50;
    static constexpr ike::Duration interval = std::chrono::milliseconds(100);
    static constexpr std::size_t most_senders = 256;

    /// Whether a call of this sender is answered, and counts it.
    bool allows(std::string_view sender, ike::Instant now);

  private:
    void forget_quiet(ike::Instant now);

    // When all of a sender's burst will be there again. (The generic cell rate algorithm.)
    std::map<std::string, ike::Instant, std::less<>> full_at_;
};

/// Whether everyone may make calls of this interface, by systemd/net.roamd.conf. Only such calls
/// are limited: who may make others may also end the tunnels.
bool is_open_to_everyone(std::string_view interface, std::string_view member);

}  // namespace agent
