// SPDX-License-Identifier: Apache-2.0
#include "agent/recovery/stale_tunnel.hpp"

#include "agent/recovery/stale_state.hpp"

#include <algorithm>
#include <iterator>

namespace agent {

using ike::Fail;

LeftBlock::~LeftBlock() {  // NOLINT(bugprone-exception-escape): each Result is looked at before its
                           // value
    if (number_) {
        (void)remove_block(*number_);  // nobody is left to tell; the next start finds it
    }
}

ike::Result<void, SystemError> LeftBlock::take_over(const std::string& device) {
    const auto number = std::exchange(number_, std::nullopt);
    auto netlink = Rtnetlink::open();
    if (!netlink) {
        return Fail{netlink.error()};
    }
    const auto devices = netlink->devices();
    if (!devices) {
        return Fail{devices.error()};
    }
    for (const TunnelDevice& other : *devices) {
        if (other.number == number && other.name != device) {
            if (auto removed = netlink->remove(other); !removed) {
                return removed;
            }
        }
    }
    return {};
}

std::optional<StaleDevice> LeftBlock::device() const {
    auto netlink = Rtnetlink::open();
    const auto devices = netlink ? netlink->devices() : Fail{netlink.error()};
    if (!devices) {
        return std::nullopt;  // without permission there is nothing of ours
    }
    const auto found = std::ranges::find_if(
        *devices, [this](const TunnelDevice& device) { return device.number == number_; });
    if (found == devices->end()) {
        return std::nullopt;
    }
    StaleDevice device{found->name, {}};
    if (const auto addresses = netlink->addresses(found->index)) {
        std::ranges::transform(*addresses, std::back_inserter(device.addresses),
                               &ike::Prefix::address);
    }
    return device;
}

}  // namespace agent
