// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/status/tunnel_status.hpp"

#include <vector>

namespace agent {

/// The last attempts to connect one tunnel, the oldest first: by which network, to which address of
/// the gateway, and how each ended. They are numbered from 1 since the wish began, or since the
/// last connection. Reads no clock.
class AttemptLog {
  public:
    static constexpr std::size_t kept = 16;

    /// Both are empty when the gateway's name is not resolved yet.
    void begin(std::string interface, std::string gateway, MonotonicTime now);
    /// The attempt that is under way has failed. If none is, a connection was lost, and that is
    /// written down as an attempt.
    void fail(const TunnelError& error);
    void connected();
    void clear() { *this = {}; }

    [[nodiscard]] bool under_way() const;
    [[nodiscard]] const std::vector<AttemptStatus>& attempts() const { return attempts_; }

  private:
    std::vector<AttemptStatus> attempts_;
    std::uint64_t next_number_ = 1;
};

}  // namespace agent
