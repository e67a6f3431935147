// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace agent {

/// Notices from a data plane's counters that packets leave and none comes in. Reads no clock; time
/// is any that rises, handed in. Costs nothing while nothing leaves.
class InboundWatch {
  public:
    using Time = std::chrono::nanoseconds;

    /// So long may an answer take before the path is in doubt. Where it takes longer it is asked
    /// for once and found to live.
    static constexpr std::chrono::milliseconds patience{200};
    /// A single packet may be one that nobody answers.
    static constexpr std::uint64_t least_packets = 2;

    /// The counters as they are now. True: what left since `patience` ago is not answered, and that
    /// was not said of it before.
    bool note(Time now, std::uint64_t packets_out, std::uint64_t packets_in);
    /// When to look at the counters again although nothing happens. Never a moment
    /// that was looked at already.
    [[nodiscard]] std::optional<Time> next() const;

  private:
    std::uint64_t in_ = 0;
    std::uint64_t out_ = 0;  // when something came in last
    std::optional<Time> since_;
    Time looked_{};
};

}  // namespace agent
