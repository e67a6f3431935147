// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "agent/dataplane/xfrm/ip_packet.hpp"
#include "agent/linux/tun_device.hpp"
#include "ike/base/path.hpp"
#include "ike/base/result.hpp"
#include "netwatch/fd.hpp"

#include <cstddef>
#include <vector>

namespace agent::xfrm {

/// Outer packets of one path, protected already, that wait to leave by it. The kernel has no place
/// where packets can wait: so the route of the path leads into a TUN device, and this object keeps
/// them, in order. IKE by the path passes. Only packets between the addresses of the path count.
/// The device goes with this object, also after a crash.
class HeldPackets {
  public:
    static ike::Result<HeldPackets, SystemError> open(const ike::Path& path);

    [[nodiscard]] const ike::Path& path() const { return path_; }
    [[nodiscard]] ike::InterfaceIndex device() const { return device_index_; }
    /// Readable when there is something for take_in().
    [[nodiscard]] int fd() const { return device_.fd(); }
    /// Reads the device: ESP is kept, other packets pass.
    void take_in();
    /// All packets that wait leave by the path, in UDP or bare, past the route into the device.
    void send_all(bool udp_encapsulated);
    /// How many packets the kernel refused to send, or were too many to keep.
    [[nodiscard]] std::size_t refused() const { return refused_; }

  private:
    HeldPackets(const ike::Path& path, TunDevice device, ike::InterfaceIndex index,
                netwatch::Fd raw);
    [[nodiscard]] bool is_of_path(const IpPacket& packet) const;
    void send(ike::ByteView packet);

    ike::Path path_;
    TunDevice device_;
    ike::InterfaceIndex device_index_;
    netwatch::Fd raw_;
    std::vector<ike::Bytes> kept_;
    std::size_t refused_ = 0;
};

}  // namespace agent::xfrm
