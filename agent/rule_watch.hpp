// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/event_loop.hpp"
#include "ike/base/log.hpp"
#include "netwatch/netlink_socket.hpp"

#include <functional>
#include <optional>

namespace agent {

/// Tells when a policy rule of ours goes, whoever removes it. systemd-networkd does, at each of its
/// starts: it takes away rules that it does not know, and then what they led into the tunnel would
/// leave beside it. Our own removals are told of, too.
class RuleWatch {
  public:
    /// Both must outlive it. Without permission to watch, that is said, and nothing is told.
    RuleWatch(EventLoop& loop, ike::Log& log, std::function<void()> on_removed);

  private:
    void read();

    ike::Log& log_;
    std::function<void()> on_removed_;
    std::optional<netwatch::NetlinkSocket> socket_;
    EventSource source_;
};

}  // namespace agent
