// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/linux/rtnetlink.hpp"
#include "agent/linux/tun_device.hpp"

#include <optional>
#include <string>

namespace agent::xfrm {

/// The device of a tunnel whose ESP the kernel does: virtual addresses and routes hang on it, and
/// what no policy catches ends in it. An XFRM interface where the kernel has them, else a dummy,
/// else a TUN device that nobody reads. Destroying it takes it away; when the process is killed it
/// stays, and with it what is routed into it stays off the outer links.
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

    /// Somebody may have deleted it, moved it to another namespace, or renamed it: then it is made
    /// anew, or has that name from now on. True: so it was.
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
