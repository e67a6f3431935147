// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"

namespace agent {

/// Whether what goes to this address comes in here. The kernel has a route for that in its table
/// local, which somebody may have removed while the address stayed (`ip route flush table all`).
/// Also true where the kernel can't be asked.
bool comes_in_here(const ike::IpAddress& address);

}  // namespace agent
