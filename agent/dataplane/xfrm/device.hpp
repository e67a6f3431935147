// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/linux/rtnetlink.hpp"
#include "agent/linux/tun_device.hpp"

#include <optional>
#include <string>

namespace agent::xfrm {

/// The device of a tunnel whose ESP the kernel does: virtual addresses and routes hang on it, and
/// packets that no policy covers end in it. It is an XFRM interface where the kernel has them, else
/// a dummy, else a TUN device that nobody reads. Destroying the object removes the device. When the
/// process is killed the device stays, and keeps packets that are routed into it off the uplinks.
class XfrmDevice {
  public:
    /// `if_id` is the number of the tunnel (kernel_ids.hpp). A device that an earlier run left
    /// for it is taken over, with its addresses and routes.
    static ike::Result<XfrmDevice, SystemError> create(std::uint32_t if_id);
    XfrmDevice(XfrmDevice&& other) noexcept;
    XfrmDevice& operator=(XfrmDevice&&) = delete;
    XfrmDevice(const XfrmDevice&) = delete;
    XfrmDevice& operator=(const XfrmDevice&) = delete;
    ~XfrmDevice();

    /// If somebody has deleted the device, or moved it to another namespace, makes it anew; if
    /// somebody has renamed it, keeps the new name. True: one of these has happened.
    ike::Result<bool, SystemError> restore();

    [[nodiscard]] const std::string& name() const { return device_.name; }
    [[nodiscard]] ike::InterfaceIndex index() const { return device_.index; }
    /// States and policies are to bear its if_id: it is an XFRM interface.
    [[nodiscard]] bool has_if_id() const { return device_.kind == DeviceKind::xfrm; }

  private:
    XfrmDevice(Rtnetlink netlink, TunnelDevice device, std::optional<TunDevice> tun);

    static ike::Result<XfrmDevice, SystemError> adopt(Rtnetlink netlink, TunnelDevice device);
    static ike::Result<XfrmDevice, SystemError> create_tun(Rtnetlink netlink, std::uint32_t if_id);

    std::optional<Rtnetlink> netlink_;  // none: moved away
    TunnelDevice device_;
    std::optional<TunDevice> tun_;  // open, so that it has a carrier
};

}  // namespace agent::xfrm
