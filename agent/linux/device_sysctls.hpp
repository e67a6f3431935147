// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace agent {

/// False: this kernel runs without IPv6.
bool kernel_has_ipv6();

/// A device of ours has the IPv6 addresses it is given, and none of its own making: no link-local
/// one, none by router advertisements. A desktop that turned IPv6 off means its uplinks.
void prepare_ipv6(const std::string& device);
/// IPv6 is on there. Off it stays where nobody may write /proc/sys, as in a container.
bool device_has_ipv6(const std::string& device);

/// A device of ours on which packets come in whose way back leads elsewhere: reverse path filtering
/// is no stricter than loose (RFC 3704 2.4). The kernel wants the device to have an address for
/// that. False: it is strict, and we may not change it.
bool loosen_reverse_path(const std::string& device);

}  // namespace agent
