// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/rtnetlink.hpp"
#include "ike/base/path.hpp"
#include "netwatch/snapshot.hpp"

#include <vector>

namespace agent {

/// Sends outer packets of one tunnel out of the interface that their source address belongs to. The
/// kernel routes the ESP it makes by destination alone; so each path has a table with the uplink's
/// way to the gateway, and rules that lead packets from the path's local address there. No path MTU
/// that was learned on another path is in it. Destroying it undoes all. The ports of a path do not
/// matter here; of two with the same addresses the newer counts.
class Egress {
  public:
    /// `tunnel` is the number of the tunnel (kernel_numbers.hpp).
    explicit Egress(std::uint32_t tunnel) : tunnel_(tunnel) {}
    Egress(const Egress&) = delete;
    Egress& operator=(const Egress&) = delete;
    ~Egress();

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

    static TunnelRoute diverted(const Slot& slot, ike::InterfaceIndex device, std::uint32_t mtu);
    void note_lost_uplinks(const netwatch::Snapshot& network);
    [[nodiscard]] std::vector<Slot>::iterator find(const ike::Path& path);
    [[nodiscard]] std::uint32_t free_table() const;
    ike::Result<void, SystemError> make_room(const ike::Path& path);
    ike::Result<void, SystemError> apply(Slot& slot, bool as_before);
    ike::Result<void, SystemError> remove(const Slot& slot);

    std::uint32_t tunnel_;
    std::vector<Slot> slots_;
    std::optional<Rtnetlink> netlink_;  // from the first use() on
};

}  // namespace agent
