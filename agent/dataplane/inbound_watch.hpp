// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace agent {

/// Notices from a data plane's counters that packets leave and none comes in. Reads no clock: the
/// caller hands in a time that never falls. Costs nothing while nothing leaves.
class InboundWatch {
  public:
    using Time = std::chrono::nanoseconds;

    /// An answer may take so long before the path is checked. A path with longer round trips is
    /// checked once, and found alive.
    static constexpr std::chrono::milliseconds patience{200};
    /// A single packet may be one that nobody answers.
    static constexpr std::uint64_t least_packets = 2;

    /// `packets_out` and `packets_in` are the counters now. True: for `patience`, packets have left
    /// and none has come in; told once of the same packets.
    bool note(Time now, std::uint64_t packets_out, std::uint64_t packets_in);
    /// When to look at the counters again although nothing happens: never at a time that was looked
    /// at already.
    [[nodiscard]] std::optional<Time> next() const;

  private:
    std::uint64_t in_ = 0;
    std::uint64_t out_ = 0;  // when something came in last
    std::optional<Time> since_;
    Time looked_{};
};

}  // namespace agent
