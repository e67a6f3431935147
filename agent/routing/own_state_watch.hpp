// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"
#include "agent/routing/repair_pace.hpp"
#include "ike/base/ip.hpp"
#include "ike/base/log.hpp"
#include "ike/base/strong.hpp"
#include "netwatch/netlink_socket.hpp"

#include <linux/netlink.h>

#include <cstdint>
#include <functional>
#include <optional>

namespace agent {

/// The state in the kernel that belongs to one tunnel.
struct OwnState {
    std::uint32_t tunnel = 0;  // its number (kernel_ids.hpp): its tables, its rules
    std::optional<ike::InterfaceIndex> device = {};
};

/// Whether this rtnetlink event may mean that something of it is gone, or another: its device, an
/// address of the device, a route in its tables, a rule. Pure; `message` is whole.
bool touches(const OwnState& own, const nlmsghdr& message);

/// Has somebody look when what one tunnel has in the kernel was touched, whoever did it: network
/// managers do at each of their starts, people by hand. Our own changes are told of, too, so a look
/// that finds nothing to do must change nothing.
class OwnStateWatch {
  public:
    /// False: not all is as it should be; another look follows.
    using Look = std::function<bool()>;

    /// Both must outlive it. Without permission to watch, that is said, and nothing is told.
    OwnStateWatch(EventLoop& loop, ike::Log& log, std::uint32_t tunnel, Look look);
    OwnStateWatch(const OwnStateWatch&) = delete;
    OwnStateWatch& operator=(const OwnStateWatch&) = delete;

    void watch_device(ike::InterfaceIndex device) { own_.device = device; }
    /// Somebody touches it again and again.
    [[nodiscard]] bool fought() const { return pace_.fought(loop_.now()); }

  private:
    void read();
    void look_soon();
    void look();

    EventLoop& loop_;
    ike::Log& log_;
    OwnState own_;
    Look look_;
    RepairPace pace_;
    std::optional<netwatch::NetlinkSocket> socket_;
    EventSource source_;
    Timer timer_;
};

}  // namespace agent
