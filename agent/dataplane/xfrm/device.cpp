// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/device.hpp"

#include <net/if.h>

#include <algorithm>
#include <array>
#include <utility>

namespace agent::xfrm {

using ike::Fail;
using Created = ike::Result<XfrmDevice, SystemError>;

namespace {

ike::Result<std::optional<TunnelDevice>, SystemError> find(Rtnetlink& netlink,
                                                           std::uint32_t number) {
    auto devices = netlink.devices();
    if (!devices) {
        return Fail{devices.error()};
    }
    const auto found = std::find_if(devices->begin(), devices->end(),
                                    [&](const auto& device) { return device.number == number; });
    return found == devices->end() ? std::nullopt : std::optional(std::move(*found));
}

}  // namespace

Created XfrmDevice::create(std::uint32_t if_id) {
    auto netlink = Rtnetlink::open();
    if (!netlink) {
        return Fail{netlink.error()};
    }
    auto device = find(*netlink, if_id);
    // A kind that this kernel lacks, and any other reason, is a reason to try the next one.
    if (device && !*device &&
        (netlink->add(DeviceKind::xfrm, if_id) || netlink->add(DeviceKind::dummy, if_id))) {
        device = find(*netlink, if_id);
    }
    if (!device) {
        return Fail{device.error()};
    }
    return *device ? adopt(std::move(*netlink), std::move(**device))
                   : create_tun(std::move(*netlink), if_id);
}

Created XfrmDevice::adopt(Rtnetlink netlink, TunnelDevice device) {
    if (device.kind != DeviceKind::tun) {
        return XfrmDevice(std::move(netlink), std::move(device), std::nullopt);
    }
    auto tun = TunDevice::create(device.name);
    if (!tun) {
        return Fail{tun.error()};
    }
    return XfrmDevice(std::move(netlink), std::move(device), std::move(*tun));
}

Created XfrmDevice::create_tun(Rtnetlink netlink, std::uint32_t if_id) {
    auto tun = TunDevice::create();
    if (!tun) {
        return Fail{tun.error()};
    }
    const auto index = netlink.device(tun->name());
    if (!index) {
        return Fail{index.error()};
    }
    // In this order: what stays after us can be told as ours at any moment.
    if (auto marked = netlink.set_group(*index, if_id); !marked) {
        return Fail{marked.error()};
    }
    if (auto kept = tun->persist(); !kept) {
        return Fail{kept.error()};
    }
    TunnelDevice device{DeviceKind::tun, tun->name(), *index, if_id};
    return XfrmDevice(std::move(netlink), std::move(device), std::move(*tun));
}

XfrmDevice::XfrmDevice(Rtnetlink netlink, TunnelDevice device, std::optional<TunDevice> tun)
    : netlink_(std::move(netlink)), device_(std::move(device)), tun_(std::move(tun)) {}

XfrmDevice::XfrmDevice(XfrmDevice&& other) noexcept
    : netlink_(std::exchange(other.netlink_, std::nullopt)),
      device_(std::move(other.device_)),
      tun_(std::move(other.tun_)) {}

ike::Result<bool, SystemError> XfrmDevice::restore() {
    std::array<char, IF_NAMESIZE> name{};
    if (::if_indextoname(device_.index.value, name.data()) != nullptr) {
        return std::exchange(device_.name, name.data()) != device_.name;
    }
    auto made = create(device_.number);
    if (!made) {
        return Fail{made.error()};
    }
    if (made->device_.kind != device_.kind) {
        return Fail{SystemError{"make the tunnel's device anew, of the kind that it had", 0, {}}};
    }
    std::swap(device_, made->device_);
    std::swap(tun_, made->tun_);
    return true;
}

XfrmDevice::~XfrmDevice() {
    if (netlink_) {
        (void)netlink_->remove(device_);  // nobody is left to tell; the next start finds it
    }
}

}  // namespace agent::xfrm
