// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "ike/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <set>

namespace agent::xfrm {

struct StaleStates {
    std::size_t states = 0;
    std::size_t policies = 0;
};

/// Removes the states and policies that a run left which was killed. They bear the number of a
/// tunnel of ours as their if_id; or as their reqid, and then a device of that number is there,
/// too: `with_device`. States of other IPsec daemons bear no such number, or have no such device.
ike::Result<StaleStates, SystemError> remove_stale_states(
    const std::set<std::uint32_t>& with_device);

}  // namespace agent::xfrm
