// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/linux/rtnetlink.hpp"
#include "ike/base/path.hpp"
#include "netwatch/snapshot.hpp"

#include <vector>

namespace agent {

/// Sends outer packets of one tunnel out of the interface that their source address belongs to. The
/// kernel routes the ESP it makes by destination alone; so each path has a table with the uplink's
/// way to the gateway, and rules that lead packets from the path's local address there. No path MTU
/// that was learned on another path is in it. Destroying it undoes all. The ports of a path do not
/// matter here. Paths of several devices that have the same address share a table, for rules tell
/// addresses apart and not devices: in it the one that was used last comes first, and packets that
/// name their device, as those of our sockets do, find the route of that.
class UplinkRoute {
  public:
    /// `tunnel` is the number of the tunnel (kernel_ids.hpp).
    explicit UplinkRoute(std::uint32_t tunnel) : tunnel_(tunnel) {}
    UplinkRoute(const UplinkRoute&) = delete;
    UplinkRoute& operator=(const UplinkRoute&) = delete;
    ~UplinkRoute();

    /// Whenever the network has changed: makes the way of each uplink to the gateway, so that a
    /// move finds its own there. While a link goes down the kernel answers no request about routes.
    ike::Result<void, SystemError> prepare(const ike::IpAddress& gateway,
                                           const netwatch::Snapshot& network);
    /// Before the first packet by this path. Nothing to do where prepare() has been. An error when
    /// nothing in `network` leads there from this address. When paths_per_tunnel are in use the
    /// oldest is dropped.
    ike::Result<void, SystemError> use(const ike::Path& path, const netwatch::Snapshot& network);
    /// Packets by this path, which is in use, go into the device for a while instead.
    ike::Result<void, SystemError> divert(const ike::Path& path, ike::InterfaceIndex device,
                                          const netwatch::Snapshot& network);
    /// And by their path again.
    ike::Result<void, SystemError> lead_back(const ike::Path& path, ike::InterfaceIndex device);
    /// A path that is not in use is dropped already.
    ike::Result<void, SystemError> drop(const ike::Path& path);
    /// Puts back what of it somebody has taken away, as far as the uplinks are there.
    ike::Result<void, SystemError> restore();
    /// Drops all others whose uplink is gone.
    ike::Result<void, SystemError> tidy(const ike::Path& in_use);
    ike::Result<void, SystemError> clear();

  private:
    struct Slot {
        ike::Path path;
        TunnelRoute route = {};
        bool stands = false;  // all is made, and its uplink has been there since
        std::optional<ike::InterfaceIndex> diverted = {};  // into this device, for now
    };

    enum class Rank : std::uint8_t { as_it_is, first };

    static TunnelRoute diverted(const Slot& slot, ike::InterfaceIndex device, std::uint32_t mtu);
    void note_lost_uplinks(const netwatch::Snapshot& network);
    [[nodiscard]] std::vector<Slot>::iterator find(const ike::Path& path);
    [[nodiscard]] bool has_twin(const ike::Path& path) const;
    [[nodiscard]] std::uint32_t table_for(const ike::Path& path) const;
    [[nodiscard]] std::uint32_t free_metric(const ike::Path& path, std::uint32_t from) const;
    ike::Result<void, SystemError> make_way(const ike::Path& path,
                                            const netwatch::Snapshot& network, Rank rank);
    ike::Result<void, SystemError> make_room(const ike::Path& path);
    ike::Result<void, SystemError> step_back(const ike::Path& path, std::uint32_t metric);
    ike::Result<void, SystemError> apply(Slot& slot, bool as_before);
    ike::Result<void, SystemError> remove_table(const Slot& slot);
    ike::Result<void, SystemError> remove(const Slot& slot);

    std::uint32_t tunnel_;
    std::vector<Slot> slots_;
    std::optional<Rtnetlink> netlink_;  // from the first use() on
};

}  // namespace agent
