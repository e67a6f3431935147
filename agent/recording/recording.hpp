// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/status/tunnel_status.hpp"
#include "ike/base/clock.hpp"
#include "ike/base/result.hpp"
#include "netwatch/snapshot.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// The facts of a tunnel that decide its path, beside the network.
struct RecordedTunnel {
    std::string name;
    // As known when the recording was handed out:
    std::vector<ike::IpAddress> gateways;  // addresses of the gateway's name
    std::vector<ike::IpAddress> told;      // that the gateway told itself
    std::string device;                    // its own, which is no uplink; may be empty
    ike::Duration dwell{};

    friend bool operator==(const RecordedTunnel&, const RecordedTunnel&) = default;
};

/// The network at one moment.
struct RecordedMoment {
    MonotonicTime time{};
    netwatch::Snapshot snapshot;

    friend bool operator==(const RecordedMoment& left, const RecordedMoment& right) {
        return left.time == right.time && left.snapshot == right.snapshot &&
               left.snapshot.generation == right.snapshot.generation;
    }
};

/// The network as a daemon saw it, in order: times never go back, generations grow.
struct Recording {
    std::vector<RecordedTunnel> tunnels;
    std::vector<RecordedMoment> moments;

    friend bool operator==(const Recording&, const Recording&) = default;
};

// As text it is JSON, one object a line: first the tunnels, then each moment. It has addresses of
// this machine, names of its networks and gateways' addresses in it, and no key.

inline constexpr std::uint64_t recording_version = 1;
// More than a daemon ever hands out.
inline constexpr std::size_t max_recording_size = std::size_t{64} << 20U;
inline constexpr std::size_t max_recorded_moments = 4096;
inline constexpr std::size_t max_recorded_rows = 32768;  // of one kind in one snapshot

std::string recording_text(const Recording& recording);

/// Why a text is no recording.
struct RecordingFault {
    unsigned line = 0;
    std::string key;  // "routes[3].to"; empty: no key is to blame
    std::string what;

    /// "line 7: routes[3].to: is no prefix"
    [[nodiscard]] std::string text() const;
};

/// Strict: nothing is ignored or guessed; the first fault is told.
ike::Result<Recording, RecordingFault> parse_recording(std::string_view text);

}  // namespace agent
