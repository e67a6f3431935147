// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"
#include "agent/base/reopener.hpp"
#include "agent/daemon/event_pace.hpp"
#include "agent/path/nat64_watch.hpp"
#include "agent/recording/network_recorder.hpp"
#include "netwatch/monitor.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace agent {

/// The network of this machine as it is now: what the kernel tells of it, what NetworkManager says
/// of it, and the NAT64 that are found in it. A socket of the kernel's that fails is opened anew;
/// until then the snapshot stays as it was. Storms of events are looked at in steps (EventPace).
class NetworkMonitor {
  public:
    /// The needs of the tunnels at the time.
    struct Needs {
        bool nat64 = false;         // one is wanted; nobody is asked as long as none is
        bool hides_checks = false;  // NetworkManager's verdict "limited" may be due to a tunnel
    };
    struct Events {
        std::function<Needs()> needs;
        std::function<std::vector<NameServer>()> name_servers;  // of the networks
        /// The snapshot is another since the event at that time.
        std::function<void(MonotonicTime event)> changed;
    };

    /// All arguments must outlive it. Each event is called from the loop, `needs` and
    /// `name_servers` also from inside calls.
    NetworkMonitor(EventLoop& loop, ike::Log& log, ike::crypto::Random& random, Events events);
    NetworkMonitor(const NetworkMonitor&) = delete;
    NetworkMonitor& operator=(const NetworkMonitor&) = delete;

    /// From now on the snapshot is this machine's. Before that it is empty.
    ike::Result<void, SystemError> start();
    /// NetworkManager says this. True: it said something else before, and `changed` was called.
    bool set_managed(const netwatch::ManagedNetwork& said);
    /// The needs may be others.
    void look_for_nat64();

    [[nodiscard]] const netwatch::Snapshot& snapshot() const { return snapshot_; }
    [[nodiscard]] const NetworkRecorder& recorder() const { return recorder_; }

  private:
    ike::Result<void, netwatch::NetlinkError> open();
    bool reopen();
    void readable();
    void changed(MonotonicTime event);

    EventLoop& loop_;
    ike::Log& log_;
    Events events_;
    std::optional<netwatch::Monitor> monitor_;
    netwatch::Snapshot snapshot_;
    Nat64Watch nat64_;
    NetworkRecorder recorder_;
    EventSource source_;
    EventPace pace_;
    Timer look_again_;  // at source_
    Reopener again_;
};

}  // namespace agent
