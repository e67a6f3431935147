// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/route_override_watch.hpp"

#include <linux/rtnetlink.h>

#include <sys/epoll.h>

#include <algorithm>
#include <utility>

namespace agent {

namespace {

constexpr std::size_t receive_buffer = 262144;

}  // namespace

RouteOverrideWatch::RouteOverrideWatch(EventLoop& loop, ike::Log& log,
                                       std::function<void()> changed)
    : loop_(loop), log_(log), changed_(std::move(changed)), timer_(loop.timer([this] { ask(); })) {
    auto socket = netwatch::NetlinkSocket::for_events(
        {RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE},
        receive_buffer);
    if (!socket) {
        log_.warning("rules of others that come before the tunnel's are not noticed",
                     {{"error", socket.error().text}});
        return;
    }
    socket_.emplace(std::move(*socket));
    source_ = loop.watch(socket_->fd(), EPOLLIN, [this](std::uint32_t) { read(); });
}

void RouteOverrideWatch::watch(TunnelNetwork network) {
    network_ = std::move(network);
    ask_soon();
}

void RouteOverrideWatch::read() {
    bool changed = false;
    while (true) {
        const auto received = socket_->receive([&](const nlmsghdr& message) {
            changed = changed || may_override(precedence_.tables_before, message);
        });
        if (!received) {
            log_.warning("rules of others that come before the tunnel's are not noticed any more",
                         {{"error", received.error().text}});
            source_.reset();
            break;
        }
        if (*received == netwatch::Reception::nothing) {
            break;
        }
        changed = changed || *received == netwatch::Reception::lost;
    }
    if (changed) {
        ask_soon();
    }
}

/// Not at once: whoever changes one thing changes the next one, too.
void RouteOverrideWatch::ask_soon() {
    timer_.set(std::max(pace_.due(loop_.now()), loop_.now()));
}

void RouteOverrideWatch::ask() {
    timer_.clear();
    pace_.looked(loop_.now());
    auto precedence = precedence_of(network_);
    if (!precedence) {
        log_.warning("whether the kernel sends packets into the tunnel could not be asked",
                     {{"error", precedence.error().text()}});
        return;
    }
    const bool another = precedence->overridden != precedence_.overridden;
    precedence_ = std::move(*precedence);
    if (!another) {
        return;
    }
    if (const auto& overridden = precedence_.overridden) {
        log_.error("a rule comes before the tunnel's, and takes packets that it covers",
                   {{"destination", overridden->destination.text()},
                    {"by", overridden->by},
                    {"remedy", overridden->remedy}});
    } else {
        log_.info("no rule takes packets that the tunnel covers any more", {});
    }
    changed_();
}

}  // namespace agent
