// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/values.hpp"

#include <linux/xfrm.h>

#include <cstdint>
#include <cstring>
#include <optional>

namespace agent::xfrm {

// Between our values and the structs of linux/xfrm.h.

/// All bytes zero, those between its members too.
template <class T>
T zeroed() {
    T value;
    std::memset(&value, 0, sizeof value);
    return value;
}

std::uint16_t number(ike::Family family);  // AF_INET, AF_INET6

xfrm_address_t kernel_value(const ike::IpAddress& address);
xfrm_selector kernel_value(const Selector& selector);
xfrm_usersa_id kernel_value(const StateKey& key);

ike::IpAddress address_of(const xfrm_address_t& address, ike::Family family);
/// None if the family is unknown or a prefix longer than an address.
std::optional<Selector> selector_of(const xfrm_selector& selector);

}  // namespace agent::xfrm
