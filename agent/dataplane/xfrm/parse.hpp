// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/values.hpp"

#include <linux/netlink.h>

#include <optional>
#include <variant>

/// Messages of the kernel's IPsec become values. Pure; a message must have all of its nlmsg_len
/// bytes behind it (netwatch::for_each_message sees to it). None stands for messages that do not
/// fit our values: other protocols, modes and marks, policies with several templates, and messages
/// that are too short.
namespace agent::xfrm {

/// The state's soft limit is reached, or its hard one: then it is gone. Also an SPI that was kept
/// too long (allocate_spi).
struct Expire {
    StateKey state;
    bool hard = false;
    std::uint64_t packets = 0;  // the state's count when it came to that
    friend bool operator==(const Expire&, const Expire&) = default;
};

/// An authentic packet came in from another address or port than the encapsulation says.
struct Mapping {
    StateKey state;
    ike::Endpoint source;
    friend bool operator==(const Mapping&, const Mapping&) = default;
};

/// A packet met a policy for which there is no state.
struct Acquire {
    Selector packet;
    PolicyKey policy;
    friend bool operator==(const Acquire&, const Acquire&) = default;
};

/// Packets went through a state, after which this is its replay state (set_replay_event).
struct ReplayEvent {
    StateKey state;
    Replay replay;
    friend bool operator==(const ReplayEvent&, const ReplayEvent&) = default;
};

/// The kernel had no room for events: some are missing here.
struct Overrun {
    friend bool operator==(const Overrun&, const Overrun&) = default;
};

/// A state or a policy was removed, or all were flushed, whoever did it and whosever they are.
struct Removed {
    friend bool operator==(const Removed&, const Removed&) = default;
};

using Event = std::variant<Expire, Mapping, Acquire, ReplayEvent, Overrun, Removed>;

/// Of XFRM_MSG_NEWSA, as dumped or asked for.
std::optional<StateInfo> added_state(const nlmsghdr& message);
/// Of XFRM_MSG_DELSA, with its last counters.
std::optional<StateInfo> deleted_state(const nlmsghdr& message);
/// Of XFRM_MSG_NEWPOLICY.
std::optional<Policy> policy(const nlmsghdr& message);
std::optional<Event> event(const nlmsghdr& message);

}  // namespace agent::xfrm
