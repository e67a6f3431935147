// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "ike/base/clock.hpp"
#include "ike/base/path.hpp"
#include "ike/base/result.hpp"
#include "ike/session/values/child_sa.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>

namespace agent {

/// Octets and packets inside the tunnel, and packets that were thrown away, since the plane was
/// made.
struct Traffic {
    std::uint64_t packets_in = 0, bytes_in = 0;
    /// Of these, packets that came by another path than packets leave by. An upper bound.
    std::uint64_t packets_in_elsewhere = 0;
    std::uint64_t packets_out = 0, bytes_out = 0;
    std::uint64_t replayed = 0;     // refused by the anti-replay window (RFC 4303 3.4.3)
    std::uint64_t unauthentic = 0;  // the integrity check failed
    std::uint64_t unknown_spi = 0;
    std::uint64_t malformed = 0;
    std::uint64_t outside_selectors = 0;  // RFC 4301 5.2, either direction
    std::uint64_t queue_dropped = 0;      // more than the limit of a queue, or the socket was full
};

/// Inbound packets that prove that the path in use works (RFC 4555 3.12): they came by it.
inline std::uint64_t packets_by_path(const Traffic& traffic) {
    return traffic.packets_in - std::min(traffic.packets_in_elsewhere, traffic.packets_in);
}

/// Events of a plane for its tunnel, always on the event loop's thread.
struct DataPlaneEvents {
    /// An authentic packet came in, the first for this SA on this path: the gateway sends by it.
    /// `when` is CLOCK_MONOTONIC, the moment of its receipt.
    std::function<void(ike::ChildSpi inbound, const ike::Path& path, std::chrono::nanoseconds when)>
        first_inbound;
    /// An IKE datagram came in on the NAT-T socket, its non-ESP marker taken off.
    std::function<void(ike::ByteView datagram, const ike::Path& path)> ike_datagram;
    /// Packets leave and none comes in (InboundWatch): the path may be dead.
    std::function<void()> inbound_stopped;
    /// The SA must be rekeyed now: its sequence numbers (RFC 4303 3.3.3) or its lifetime are nearly
    /// used up, or it is broken.
    std::function<void(ike::ChildSpi inbound)> rekey_needed;
};

/// Carries the Child SAs of one tunnel. One of three interfaces of the program: `tun` (userspace
/// ESP) and `xfrm` (the kernel's) stand behind it. Called from the event loop's thread only.
class DataPlane {
  public:
    DataPlane() = default;
    DataPlane(const DataPlane&) = delete;
    DataPlane& operator=(const DataPlane&) = delete;
    virtual ~DataPlane() = default;

    /// An SPI for an inbound SA that no other has.
    virtual ike::ChildSpi allocate_spi() = 0;
    /// Takes the SA into use: inbound at once; outbound at once if `send` is set, else from
    /// switch_to() on.
    virtual ike::Result<void, SystemError> install(ike::session::ChildSa sa, bool send) = 0;
    /// Outbound packets go by the SA with this inbound SPI from now on.
    virtual void switch_to(ike::ChildSpi inbound) = 0;
    /// Inbound packets may come by this path, too, from now on. To be called before the gateway
    /// learns of the path, so that its first packet by it is not lost.
    virtual void expect(const ike::Path& path) = 0;
    /// Outbound packets of every SA leave by this path from now on, in UDP or bare. Sequence
    /// numbers and replay windows go on. Packets in flight by the old path are taken for a while.
    /// After an error an SA may send nothing until it is rekeyed; no packet ever leaves in clear.
    virtual ike::Result<void, SystemError> move(const ike::Path& path, bool udp_encapsulated) = 0;
    /// Outbound packets wait for move() to this path, no longer than `most`: by it they would
    /// overtake packets that are in flight by the present path. A plane where packets can't wait
    /// sends them by the present path.
    virtual void pause(const ike::Path& path, bool udp_encapsulated, ike::Duration most) = 0;
    /// Outbound packets wait no longer, and leave by the path that they left by before.
    virtual void resume() = 0;
    /// The network has changed and the paths have not: a router may be another one.
    virtual void network_changed() = 0;
    /// Puts back the plane's objects in the kernel that somebody has removed; changes nothing that
    /// is as it should be. A device that was deleted, or moved to another namespace, is made anew.
    /// A device that was renamed keeps its new name.
    virtual ike::Result<void, SystemError> restore() = 0;
    /// Nothing leaves until the next move().
    virtual void hold() = 0;
    /// Forgets the SA and wipes its keys: outbound at once, inbound once no packet is in flight.
    virtual void remove(ike::ChildSpi inbound) = 0;

    [[nodiscard]] virtual Traffic traffic() const = 0;
    [[nodiscard]] virtual bool supports(const ike::crypto::CipherSuite& cipher) const = 0;
    /// Whether the plane can carry ESP only in UDP.
    [[nodiscard]] virtual bool needs_udp() const = 0;
    /// "tun" or "xfrm".
    [[nodiscard]] virtual std::string name() const = 0;
    /// The network device that routes and addresses hang on.
    [[nodiscard]] virtual std::string device() const = 0;
};

}  // namespace agent
