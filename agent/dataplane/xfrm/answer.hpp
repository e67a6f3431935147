// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "agent/dataplane/xfrm/message.hpp"

#include <linux/netlink.h>

#include <optional>
#include <string>

namespace agent::xfrm {

/// The end of the kernel's answer to one request: NLMSG_ERROR, which is also the acknowledgement,
/// or NLMSG_DONE.
struct Ending {
    int code = 0;      // errno; 0: done
    std::string text;  // the kernel's own words (NLMSGERR_ATTR_MSG); may be empty
    friend bool operator==(const Ending&, const Ending&) = default;
};

/// None if the answer goes on.
std::optional<Ending> ending(const nlmsghdr& message);

/// Why the kernel refused a request, in words for a person who could do something about it.
SystemError refusal(const Message& message, const Ending& ending);

}  // namespace agent::xfrm
