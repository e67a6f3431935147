// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/event_socket.hpp"

#include "agent/linux/kernel_ids.hpp"

#include <linux/filter.h>
#include <linux/xfrm.h>

#include <arpa/inet.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>

namespace agent::xfrm {

using ike::Fail;
using ike::Result;

namespace {

constexpr int datagrams_at_once = 256;  // each has one event

/// Where the half of a reqid stands that names the tunnel.
constexpr std::uint32_t tunnel_number_offset = sizeof(nlmsghdr) + offsetof(xfrm_aevent_id, reqid) +
                                               (std::endian::native == std::endian::little ? 0 : 2);

/// Lets all events pass but the ReplayEvents of others, and events about new states and policies:
/// each of our own requests would wake us up. BPF reads numbers as if they were in network order.
std::array<sock_filter, 11> wanted_events(std::uint32_t tunnel_number) {
    const std::uint16_t number = htons(static_cast<std::uint16_t>(tunnel_number_of(tunnel_number)));
    return {{{BPF_LD | BPF_H | BPF_ABS, 0, 0, offsetof(nlmsghdr, nlmsg_type)},
             {BPF_JMP | BPF_JEQ | BPF_K, 5, 0, htons(XFRM_MSG_NEWAE)},
             {BPF_JMP | BPF_JEQ | BPF_K, 7, 0, htons(XFRM_MSG_NEWSA)},
             {BPF_JMP | BPF_JEQ | BPF_K, 6, 0, htons(XFRM_MSG_UPDSA)},
             {BPF_JMP | BPF_JEQ | BPF_K, 5, 0, htons(XFRM_MSG_NEWPOLICY)},
             {BPF_JMP | BPF_JEQ | BPF_K, 4, 0, htons(XFRM_MSG_UPDPOLICY)},
             {BPF_RET | BPF_K, 0, 0, 0xffff'ffff},
             {BPF_LD | BPF_H | BPF_ABS, 0, 0, tunnel_number_offset},
             {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number},
             {BPF_RET | BPF_K, 0, 0, 0xffff'ffff},
             {BPF_RET | BPF_K, 0, 0, 0}}};
}

}  // namespace

Result<EventSocket, SystemError> EventSocket::open(std::uint32_t tunnel_number) {
    auto channel = Channel::open(Channel::Kind::nonblocking);
    if (!channel) {
        return Fail{channel.error()};
    }
    auto program = wanted_events(tunnel_number);
    if (const auto filtered = channel->filter(program); !filtered) {
        return Fail{filtered.error()};
    }
    for (const unsigned group : {XFRMNLGRP_EXPIRE, XFRMNLGRP_MAPPING, XFRMNLGRP_ACQUIRE,
                                 XFRMNLGRP_AEVENTS, XFRMNLGRP_SA, XFRMNLGRP_POLICY}) {
        if (const auto joined = channel->join(group); !joined) {
            return Fail{joined.error()};
        }
    }
    return EventSocket(std::move(*channel));
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
