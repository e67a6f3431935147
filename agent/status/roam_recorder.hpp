// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/status/tunnel_counters.hpp"
#include "agent/status/tunnel_status.hpp"

#include <deque>

namespace agent {

inline constexpr std::size_t max_roam_records = 100;

/// Writes down the roams of one tunnel, step by step, as they happen. A new roam before the answer
/// to the last one supersedes it; steps that belong to no roam (the first path, a rekey) are not
/// written. Times are handed in, CLOCK_MONOTONIC.
class RoamRecorder {
  public:
    /// `roam` has kind, reason, paths and the times of event and decision.
    void begin(RoamRecord roam);
    void update_sent(MonotonicTime when);
    void data_moved(const PathStatus& path, MonotonicTime when);
    void answered(const PathStatus& path, MonotonicTime when);
    void first_packet(const PathStatus& path, MonotonicTime when);
    /// Refused by the gateway, no path left, or the tunnel ended.
    void failed();

    /// The oldest first, at most max_roam_records.
    [[nodiscard]] const std::deque<RoamRecord>& records() const { return records_; }
    [[nodiscard]] std::optional<RoamRecord> last() const;
    /// How many there were, those that are forgotten too.
    [[nodiscard]] const WordCounts& by_reason() const { return by_reason_; }
    [[nodiscard]] const WordCounts& by_result() const { return by_result_; }
    /// A roam waits for its answer.
    [[nodiscard]] bool pending() const;

  private:
    void settle(RoamRecord& roam, RoamResult result);
    RoamRecord* unanswered();
    RoamRecord* latest_to(const PathStatus& path);

    std::deque<RoamRecord> records_;
    WordCounts by_reason_;
    WordCounts by_result_;
    std::uint64_t begun_ = 0;
};

}  // namespace agent
