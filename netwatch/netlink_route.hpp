// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "netwatch/netlink.hpp"

namespace netwatch {

/// translate() for RTM_NEWROUTE and RTM_DELROUTE.
Message translate_route(const nlmsghdr& message);

}  // namespace netwatch
