// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/log.hpp"
#include "ike/base/result.hpp"
#include "netwatch/fd.hpp"
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
    std::uint64_t reopened = 0;         // sockets that failed, and were opened anew
    std::uint64_t unreadable = 0;       // messages that are not what they claim to be
    std::uint64_t routes_left_out = 0;  // at present, beyond max_routes
};

/// Turns the kernel's rtnetlink messages into snapshots of links, addresses and routes of the
/// network namespace it was opened in, and puts into them what NetworkManager says. Wait until fd()
/// is readable (or in error), then read().
class Monitor {
  public:
    /// Subscribes first and dumps then, so nothing between the two is missed. `log` must outlive
    /// it.
    static ike::Result<Monitor, NetlinkError> open(ike::Log& log,
                                                   const MonitorOptions& options = {});

    [[nodiscard]] int fd() const { return readiness_.get(); }

    /// Takes in all that waits, never blocks for more to come; true when snapshot() is another.
    /// Lost events are made good by a new dump. Where events leave open how the routes look now,
    /// what they do say comes first and the routes are read by the next call, for which fd() stays
    /// readable: that may wait for the kernel's lock. A socket that fails is opened anew, and all
    /// is dumped by the next call. An error is for when that did not help: snapshot() is what was
    /// known last, fd() does not become readable by itself, and read() after a while tries once
    /// more.
    ike::Result<bool, NetlinkError> read();

    /// Makes NetworkManager's words a part of the snapshots from now on; true when snapshot() is
    /// another.
    bool set_managed(ManagedNetwork managed);

    /// The same of the NAT64s that were found.
    bool set_nat64(std::vector<Nat64> found);

    [[nodiscard]] const Snapshot& snapshot() const { return snapshot_; }
    [[nodiscard]] const MonitorCounters& counters() const { return counters_; }

  private:
    struct Descriptors {
        NetlinkSocket events;
        NetlinkSocket requests;
        Fd again;      // an eventfd: read() is to be called although no event waits
        Fd readiness;  // an epoll of events and again
    };
    Monitor(ike::Log& log, const MonitorOptions& options, Descriptors descriptors);
    static ike::Result<Descriptors, NetlinkError> open_descriptors(const MonitorOptions& options);

    enum class Extent : std::uint8_t { everything, routes };

    ike::Result<bool, NetlinkError> read_sockets();
    ike::Result<void, NetlinkError> reopen();
    static bool wait_for(int fd, const Fd& readiness);
    /// Whether the socket was emptied.
    ike::Result<bool, NetlinkError> take_events();
    ike::Result<void, NetlinkError> refresh(Extent extent);
    ike::Result<DumpEnd, NetlinkError> fill(Tables& tables, Extent extent);
    void apply(Tables& tables, const nlmsghdr& message);
    void report_left_out();
    void ask_for_another_read();
    bool publish();

    ike::Log* log_;
    MonitorOptions options_;
    NetlinkSocket events_;
    NetlinkSocket requests_;
    Fd again_;
    Fd readiness_;
    Tables tables_;
    ManagedNetwork managed_;
    std::vector<Nat64> nat64_;
    Snapshot snapshot_;
    MonitorCounters counters_;
    bool lost_events_ = true;       // until the first dump
    bool failed_ = false;           // the last read()
    bool published_early_ = false;  // what the events say, with the routes still to be read
};

}  // namespace netwatch
