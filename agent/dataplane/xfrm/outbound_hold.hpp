// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/data_plane_context.hpp"
#include "agent/dataplane/xfrm/held_packets.hpp"
#include "agent/dataplane/xfrm/states.hpp"
#include "agent/routing/uplink_routes.hpp"

#include <functional>
#include <optional>

namespace agent::xfrm {

/// Keeps the outer packets of a better path until it is known that they overtake none that is under
/// way by the present path (docs/roaming.md). The states have the better path's addresses already;
/// the route of that path leads into HeldPackets meanwhile.
class OutboundHold {
  public:
    /// All that `context` names, and `routes`, must outlive it. `overdue` is called when
    /// packets have waited for as long as they may; it is to end in release().
    OutboundHold(const DataPlaneContext& context, UplinkRoutes& routes,
                 std::function<void()> overdue);
    OutboundHold(const OutboundHold&) = delete;
    OutboundHold& operator=(const OutboundHold&) = delete;
    ~OutboundHold() = default;

    /// Packets by the path of `held` wait, no longer than `most`. The caller has the states send by
    /// it then; `before` is the way that they send by until now. Error: packets can't wait there.
    /// Only while it is not active.
    ike::Result<void, SystemError> begin(const EncapsulatedPath& held,
                                         const EncapsulatedPath& before, ike::Duration most);
    /// Between begin() and release().
    [[nodiscard]] bool active() const { return held_ && !held_->released; }
    /// Of begin(); only while active.
    [[nodiscard]] const EncapsulatedPath& before() const { return held_->before; }
    /// The gateway's answer says whether packets by this path are in UDP. Packets that wait, and
    /// those that come behind them, are put into it or taken out of it.
    void encapsulate_as(const EncapsulatedPath& way);
    /// All that wait leave, before any can leave directly; the route is that of the path again.
    /// Stragglers leave by it until forget(). False: none waited.
    bool release();
    /// A while after release(): nothing is led here any more.
    void forget();

  private:
    struct Held {
        HeldPackets packets;
        EncapsulatedPath before;
        bool udp_encapsulated;
        bool released;
        EventSource source;
    };

    ike::Result<HeldPackets, SystemError> divert(const ike::Path& path);
    void on_readable();

    DataPlaneContext context_;
    UplinkRoutes& routes_;
    std::optional<Held> held_;
    Timer overdue_;
};

}  // namespace agent::xfrm
