// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/log.hpp"
#include "ike/base/result.hpp"
#include "netwatch/netlink_socket.hpp"
#include "netwatch/tables.hpp"

#include <cstddef>
#include <cstdint>

namespace netwatch {

struct MonitorOptions {
    std::size_t receive_buffer = 4U << 20U;  // bytes of events the kernel may hold for us
    std::size_t max_routes = 16384;          // a laptop has dozens; a full BGP table stays outside
};

/// How often what happened, since the start.
struct MonitorCounters {
    std::uint64_t messages = 0;         // netlink messages looked at
    std::uint64_t full_dumps = 0;       // of everything, the first one included
    std::uint64_t route_dumps = 0;      // of the routes alone
    std::uint64_t overruns = 0;         // the kernel dropped events
    std::uint64_t interrupted = 0;      // dumps that a change made useless
    std::uint64_t unreadable = 0;       // messages that are not what they claim to be
    std::uint64_t routes_left_out = 0;  // at present, beyond max_routes
};

/// Turns the kernel's rtnetlink messages into snapshots of links, addresses and routes of the
/// network namespace it was opened in. Wait until fd() is readable (or in error), then read().
class Monitor {
  public:
    /// Subscribes first and dumps then, so nothing between the two is missed. `log` must outlive
    /// it.
    static ike::Result<Monitor, NetlinkError> open(ike::Log& log,
                                                   const MonitorOptions& options = {});

    [[nodiscard]] int fd() const { return events_.fd(); }

    /// Takes in all that waits, never blocks for more to come; true when snapshot() is another.
    /// Lost events are made good by a new dump. After an error the monitor is to be opened anew.
    ike::Result<bool, NetlinkError> read();

    [[nodiscard]] const Snapshot& snapshot() const { return snapshot_; }
    [[nodiscard]] const MonitorCounters& counters() const { return counters_; }

  private:
    Monitor(ike::Log& log, const MonitorOptions& options, NetlinkSocket events,
            NetlinkSocket requests);

    enum class Extent : std::uint8_t { everything, routes };

    /// Whether the socket was emptied.
    ike::Result<bool, NetlinkError> take_events();
    ike::Result<void, NetlinkError> refresh(Extent extent);
    ike::Result<DumpEnd, NetlinkError> fill(Tables& tables, Extent extent);
    void apply(Tables& tables, const nlmsghdr& message);
    void report_left_out();
    bool publish();

    ike::Log* log_;
    MonitorOptions options_;
    NetlinkSocket events_;
    NetlinkSocket requests_;
    Tables tables_;
    Snapshot snapshot_;
    MonitorCounters counters_;
    bool lost_events_ = true;  // until the first dump
};

}  // namespace netwatch
