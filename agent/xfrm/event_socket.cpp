// SPDX-License-Identifier: Apache-2.0
#include "agent/xfrm/event_socket.hpp"

#include <linux/xfrm.h>

#include <cerrno>

namespace agent::xfrm {

using ike::Fail;
using ike::Result;

namespace {

constexpr int datagrams_at_once = 256;  // each has one event

}  // namespace

Result<EventSocket, SystemError> EventSocket::open() {
    auto channel = Channel::open(Channel::Kind::nonblocking);
    if (!channel) {
        return Fail{channel.error()};
    }
    for (const unsigned group : {XFRMNLGRP_EXPIRE, XFRMNLGRP_MAPPING, XFRMNLGRP_ACQUIRE}) {
        if (const auto joined = channel->join(group); !joined) {
            return Fail{joined.error()};
        }
    }
    return EventSocket(std::move(*channel));
}

Result<void, SystemError> EventSocket::hear_replay_events(bool wanted) {
    return wanted ? channel_.join(XFRMNLGRP_AEVENTS) : channel_.leave(XFRMNLGRP_AEVENTS);
}

std::vector<Event> EventSocket::take() {
    std::vector<Event> events;
    for (int count = 0; count < datagrams_at_once; ++count) {
        const int error = channel_.receive([&](const nlmsghdr& message) {
            if (auto heard = event(message)) {
                events.push_back(std::move(*heard));
            }
        });
        if (error == EAGAIN) {
            break;
        }
        if (error != 0) {
            events.emplace_back(Overrun{});
        }
    }
    return events;
}

}  // namespace agent::xfrm
