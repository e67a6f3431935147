// SPDX-License-Identifier: Apache-2.0
#include "agent/rule_watch.hpp"

#include "agent/kernel_numbers.hpp"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <sys/epoll.h>

#include <array>

namespace agent {

namespace {

constexpr std::size_t receive_buffer = 65536;  // more than a flush of some hundred rules

bool removes_rule_of_ours(const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_DELRULE) {
        return false;
    }
    std::array<nlattr*, FRA_MAX + 1> attributes{};
    auto* const header = const_cast<nlmsghdr*>(&message);  // libnl only reads it
    return ::nlmsg_parse(header, sizeof(fib_rule_hdr), attributes.data(), FRA_MAX, nullptr) >= 0 &&
           attributes[FRA_PROTOCOL] != nullptr &&
           ::nla_get_u8(attributes[FRA_PROTOCOL]) == route_protocol;
}

}  // namespace

RuleWatch::RuleWatch(EventLoop& loop, ike::Log& log, std::function<void()> on_removed)
    : log_(log), on_removed_(std::move(on_removed)) {
    auto socket =
        netwatch::NetlinkSocket::for_events({RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE}, receive_buffer);
    if (!socket) {
        log_.warning("who removes rules of ours is not noticed", {{"error", socket.error().text}});
        return;
    }
    socket_.emplace(std::move(*socket));
    source_ = loop.watch(socket_->fd(), EPOLLIN, [this](std::uint32_t) { read(); });
}

/// What was lost for want of room may have been one.
void RuleWatch::read() {
    bool removed = false;
    while (true) {
        const auto received = socket_->receive(
            [&](const nlmsghdr& message) { removed = removed || removes_rule_of_ours(message); });
        if (!received) {
            log_.warning("who removes rules of ours is not noticed any more",
                         {{"error", received.error().text}});
            source_.reset();
            return;
        }
        if (*received == netwatch::Reception::nothing) {
            break;
        }
        removed = removed || *received == netwatch::Reception::lost;
    }
    if (removed) {
        on_removed_();
    }
}

}  // namespace agent
