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

/// Octets and packets of the tunnel's inside, and what was thrown away, since the plane was made.
struct Traffic {
    std::uint64_t packets_in = 0, bytes_in = 0;
    /// Of these, by another path than packets leave by: rather too many than too few.
    std::uint64_t packets_in_elsewhere = 0;
    std::uint64_t packets_out = 0, bytes_out = 0;
    std::uint64_t replayed = 0;     // refused by the anti-replay window (RFC 4303 3.4.3)
    std::uint64_t unauthentic = 0;  // the integrity check failed
    std::uint64_t unknown_spi = 0;
    std::uint64_t malformed = 0;
    std::uint64_t outside_selectors = 0;  // RFC 4301 5.2, either direction
    std::uint64_t queue_dropped = 0;      // more than the limit of a queue, or the socket was full
};

/// Those that prove something of the path that packets leave by (RFC 4555 3.12).
inline std::uint64_t packets_by_path(const Traffic& traffic) {
    return traffic.packets_in - std::min(traffic.packets_in_elsewhere, traffic.packets_in);
}

/// What a plane tells the tunnel, always on the event loop's thread.
struct DataPlaneEvents {
    /// An authentic packet came in, the first for this SA on this path: the gateway sends by it.
    /// `when` is CLOCK_MONOTONIC, the moment of its receipt.
    std::function<void(ike::ChildSpi inbound, const ike::Path& path, std::chrono::nanoseconds when)>
        first_inbound;
    /// An IKE datagram came in on the NAT-T socket, its non-ESP marker taken off.
    std::function<void(ike::ByteView datagram, const ike::Path& path)> ike_datagram;
    /// Packets leave and none comes in (InboundWatch): the path may be dead.
    std::function<void()> nothing_comes_in;
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
    /// Takes the SA into use: inbound at once; outbound at once when `send`, else from switch_to().
    virtual ike::Result<void, SystemError> install(ike::session::ChildSa sa, bool send) = 0;
    /// Outbound packets go by the SA with this inbound SPI from now on.
    virtual void switch_to(ike::ChildSpi inbound) = 0;
    /// Inbound packets may come by this path, too, from now on: called before the gateway hears of
    /// it, so that its first packet by it is not lost.
    virtual void expect(const ike::Path& path) = 0;
    /// Outbound packets of every SA leave by this path from now on, in UDP or bare. Sequence
    /// numbers and replay windows go on as they are. What is still under way by the old path is
    /// taken for a while. After an error an SA may send nothing until it is rekeyed; in clear goes
    /// nothing ever.
    virtual ike::Result<void, SystemError> move(const ike::Path& path, bool udp_encapsulated) = 0;
    /// Outbound packets wait for move() to this path, but no longer than `most`: by it they would
    /// overtake what is under way by the present one. Where they can't wait they go on by that.
    virtual void wait_for(const ike::Path& path, bool udp_encapsulated, ike::Duration most) = 0;
    /// They wait no longer, and go on by the path that they went by.
    virtual void go_on() = 0;
    /// The network is another, the paths are as before: routers may have changed.
    virtual void network_changed() = 0;
    /// Puts back what of it in the kernel somebody has taken away; changes nothing that is as it
    /// should be. A device that is deleted, or in another namespace, is made anew; one that was
    /// renamed has that name from now on.
    virtual ike::Result<void, SystemError> restore() = 0;
    /// Nothing leaves until the next move().
    virtual void hold() = 0;
    /// The SA is forgotten, its keys wiped; outbound at once, inbound after what is in flight.
    virtual void remove(ike::ChildSpi inbound) = 0;

    [[nodiscard]] virtual Traffic traffic() const = 0;
    [[nodiscard]] virtual bool supports(const ike::crypto::CipherSuite& cipher) const = 0;
    /// Whether it can carry ESP only in UDP.
    [[nodiscard]] virtual bool needs_udp() const = 0;
    /// "tun" or "xfrm".
    [[nodiscard]] virtual std::string name() const = 0;
    /// The network device that routes and addresses hang on.
    [[nodiscard]] virtual std::string device() const = 0;
};

}  // namespace agent
