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
/// where they could: so the path's route leads into a TUN device, and they are kept here, in order.
/// IKE by that path passes. Of what the device gets, only packets between the addresses of the path
/// count. Gone with this object, also after a crash.
class HeldPackets {
  public:
    static ike::Result<HeldPackets, SystemError> open(const ike::Path& path);

    [[nodiscard]] const ike::Path& path() const { return path_; }
    [[nodiscard]] ike::InterfaceIndex device() const { return device_index_; }
    /// Readable when there is something for take_in().
    [[nodiscard]] int fd() const { return device_.fd(); }
    /// What came into the device is kept, or passes.
    void take_in();
    /// All that wait leave by the path, in UDP or bare, whatever else is led into the device.
    void send_all(bool udp_encapsulated);
    /// How many the kernel refused to send, or were too many to keep.
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
