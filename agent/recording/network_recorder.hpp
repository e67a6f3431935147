// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/recording/recording.hpp"

#include <deque>

namespace agent {

/// Keeps the last snapshots of the network for roamctl record: what a bug report about a roam
/// needs. Bounded in number and in size; the oldest go first. Links that carry no route, and never
/// did, are left out, so containers that come and go take no room.
class NetworkRecorder {
  public:
    static constexpr std::size_t max_moments = 256;
    static constexpr std::size_t max_rows = 65536;  // links, addresses, routes of all of them

    /// At most one moment: none where nothing is different but what is left out.
    void note(const netwatch::Snapshot& snapshot, MonotonicTime time);
    [[nodiscard]] std::vector<RecordedMoment> moments() const {
        return {moments_.begin(), moments_.end()};
    }

  private:
    std::deque<RecordedMoment> moments_;
    std::size_t rows_ = 0;
};

/// The part of a snapshot that is recorded behind `before`: routes but to link-local networks; the
/// links they lead over, NetworkManager's, loopback, and those that `before` has; their addresses.
/// No uplink and no reason of a roam is another by it.
netwatch::Snapshot recorded_part(const netwatch::Snapshot& snapshot,
                                 const netwatch::Snapshot& before);

}  // namespace agent
