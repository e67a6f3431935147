// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/own_state_watch.hpp"

#include "agent/linux/kernel_ids.hpp"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <sys/epoll.h>

#include <array>
#include <utility>

namespace agent {

namespace {

constexpr std::size_t receive_buffer = 262144;  // more than a flush of some hundred routes

template <std::size_t count>
using Attributes = std::array<nlattr*, count>;

/// Null: it is shorter than its header.
template <class Header, std::size_t count>
const Header* parse(const nlmsghdr& message, Attributes<count>& attributes) {
    auto* const whole = const_cast<nlmsghdr*>(&message);  // libnl only reads it
    const bool parsed = ::nlmsg_parse(whole, sizeof(Header), attributes.data(),
                                      static_cast<int>(count) - 1, nullptr) >= 0;
    return parsed ? static_cast<const Header*>(::nlmsg_data(whole)) : nullptr;
}

/// An attribute that says more than its header's field does.
std::uint32_t number(nlattr* attribute, std::uint32_t otherwise) {
    return attribute != nullptr ? ::nla_get_u32(attribute) : otherwise;
}

bool is_table_of(std::uint32_t table, std::uint32_t tunnel) {
    const std::uint32_t first = first_egress_table + (tunnel - first_table) * paths_per_tunnel;
    return table == tunnel || (table >= first && table < first + paths_per_tunnel);
}

bool touches_rule(const OwnState& own, const nlmsghdr& message) {
    Attributes<FRA_MAX + 1> attributes{};
    const auto* const header = parse<fib_rule_hdr>(message, attributes);
    if (header == nullptr || attributes[FRA_PROTOCOL] == nullptr ||
        ::nla_get_u8(attributes[FRA_PROTOCOL]) != route_protocol) {
        return false;
    }
    const std::uint32_t gateway_priority = first_gateway_priority + (own.tunnel - first_table);
    return is_table_of(number(attributes[FRA_TABLE], header->table), own.tunnel) ||
           number(attributes[FRA_PRIORITY], 0) == gateway_priority;
}

bool is_of_device(const OwnState& own, int index) {
    return own.device && static_cast<std::uint32_t>(index) == own.device->value;
}

/// Gone; or there is one of somebody else's, which may have taken the place of ours. The table
/// local has the kernel's own routes for the device's addresses.
bool touches_route(const OwnState& own, const nlmsghdr& message) {
    Attributes<RTA_MAX + 1> attributes{};
    const auto* const header = parse<rtmsg>(message, attributes);
    if (header == nullptr) {
        return false;
    }
    const std::uint32_t table = number(attributes[RTA_TABLE], header->rtm_table);
    const bool removed = message.nlmsg_type == RTM_DELROUTE;
    if (table == RT_TABLE_LOCAL) {
        return removed && is_of_device(own, static_cast<int>(number(attributes[RTA_OIF], 0)));
    }
    return is_table_of(table, own.tunnel) && (removed || header->rtm_protocol != route_protocol);
}

bool touches_address(const OwnState& own, const nlmsghdr& message) {
    Attributes<IFA_MAX + 1> attributes{};
    const auto* const header = parse<ifaddrmsg>(message, attributes);
    return header != nullptr && is_of_device(own, static_cast<int>(header->ifa_index));
}

bool touches_link(const OwnState& own, const nlmsghdr& message) {
    Attributes<IFLA_MAX + 1> attributes{};
    const auto* const header = parse<ifinfomsg>(message, attributes);
    return header != nullptr && is_of_device(own, header->ifi_index);
}

}  // namespace

bool touches(const OwnState& own, const nlmsghdr& message) {
    switch (message.nlmsg_type) {
        case RTM_DELRULE:
            return touches_rule(own, message);
        case RTM_DELROUTE:
        case RTM_NEWROUTE:
            return touches_route(own, message);
        case RTM_DELADDR:
            return touches_address(own, message);
        case RTM_NEWLINK:
        case RTM_DELLINK:
            return touches_link(own, message);
        default:
            return false;
    }
}

OwnStateWatch::OwnStateWatch(EventLoop& loop, ike::Log& log, std::uint32_t tunnel, Look look)
    : loop_(loop), log_(log), own_{tunnel}, look_(std::move(look)), timer_(loop.timer([this] {
          this->look();
      })) {
    auto socket = netwatch::NetlinkSocket::for_events(
        {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
         RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE},
        receive_buffer);
    if (!socket) {
        log_.warning("who removes what is ours in the kernel is not noticed",
                     {{"error", socket.error().text}});
        return;
    }
    socket_.emplace(std::move(*socket));
    source_ = loop.watch(socket_->fd(), EPOLLIN, [this](std::uint32_t) { read(); });
}

/// An event lost for want of room may have been about our state.
void OwnStateWatch::read() {
    bool touched = false;
    while (true) {
        const auto received = socket_->receive(
            [&](const nlmsghdr& message) { touched = touched || touches(own_, message); });
        if (!received) {
            log_.warning("who removes what is ours in the kernel is not noticed any more",
                         {{"error", received.error().text}});
            source_.reset();
            break;
        }
        if (*received == netwatch::Reception::nothing) {
            break;
        }
        touched = touched || *received == netwatch::Reception::lost;
    }
    if (touched) {
        look_soon();
    }
}

void OwnStateWatch::look_soon() {
    const ike::Instant due = pace_.due(loop_.now());
    if (due <= loop_.now()) {
        look();
    } else {
        timer_.set(due);
    }
}

void OwnStateWatch::look() {
    timer_.clear();
    pace_.looked(loop_.now());
    if (!look_()) {
        timer_.set(std::max(pace_.due(loop_.now()), loop_.now() + RepairPace::first_pause));
    }
}

}  // namespace agent
