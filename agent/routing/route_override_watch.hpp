// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"
#include "agent/routing/repair_pace.hpp"
#include "agent/routing/route_override.hpp"
#include "ike/base/log.hpp"
#include "netwatch/netlink_socket.hpp"

#include <functional>
#include <optional>

namespace agent {

/// Asks anew when rules or routes have changed, at a bounded pace.
class RouteOverrideWatch {
  public:
    /// Both must outlive it. `changed` is called from the loop when overridden() is another.
    RouteOverrideWatch(EventLoop& loop, ike::Log& log, std::function<void()> changed);
    RouteOverrideWatch(const RouteOverrideWatch&) = delete;
    RouteOverrideWatch& operator=(const RouteOverrideWatch&) = delete;

    /// These are the kernel's routes from now on; what is asked for soon.
    void watch(TunnelNetwork network);
    [[nodiscard]] const std::optional<RouteOverride>& overridden() const {
        return precedence_.overridden;
    }

  private:
    void read();
    void ask_soon();
    void ask();

    EventLoop& loop_;
    ike::Log& log_;
    std::function<void()> changed_;
    TunnelNetwork network_;
    Precedence precedence_;
    RepairPace pace_;
    std::optional<netwatch::NetlinkSocket> socket_;
    EventSource source_;
    Timer timer_;
};

}  // namespace agent
