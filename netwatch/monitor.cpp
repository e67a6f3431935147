// SPDX-License-Identifier: Apache-2.0
#include "netwatch/monitor.hpp"

#include <linux/rtnetlink.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace netwatch {

using ike::Fail;
using ike::Result;

namespace {

// More than a burst; a flood is read in pieces, so that the rest of the daemon gets its turn.
constexpr int datagrams_at_once = 4096;
constexpr int dump_attempts = 5;

// Links first: what stands on them is told of later.
constexpr std::array dump_requests{
    DumpRequest{.type = RTM_GETLINK},
    DumpRequest{.type = RTM_GETADDR, .family = AF_INET},
    DumpRequest{.type = RTM_GETADDR, .family = AF_INET6},
    DumpRequest{.type = RTM_GETROUTE, .family = AF_INET, .table = main_table},
    DumpRequest{.type = RTM_GETROUTE, .family = AF_INET, .table = default_table},
    DumpRequest{.type = RTM_GETROUTE, .family = AF_INET6, .table = main_table},
    DumpRequest{.type = RTM_GETROUTE, .family = AF_INET6, .table = default_table},
};

}  // namespace

Monitor::Monitor(ike::Log& log, const MonitorOptions& options, Descriptors descriptors)
    : log_(&log),
      options_(options),
      events_(std::move(descriptors.events)),
      requests_(std::move(descriptors.requests)),
      again_(std::move(descriptors.again)),
      readiness_(std::move(descriptors.readiness)),
      tables_(options.max_routes) {}

Result<Monitor, NetlinkError> Monitor::open(ike::Log& log, const MonitorOptions& options) {
    auto descriptors = open_descriptors(options);
    if (!descriptors) {
        return Fail{descriptors.error()};
    }
    Monitor monitor(log, options, *std::move(descriptors));
    if (const auto dumped = monitor.refresh(Extent::everything); !dumped) {
        return Fail{dumped.error()};
    }
    monitor.publish();
    return monitor;
}

Result<Monitor::Descriptors, NetlinkError> Monitor::open_descriptors(
    const MonitorOptions& options) {
    auto events =
        NetlinkSocket::for_events({RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
                                   RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_NEXTHOP},
                                  options.receive_buffer);
    if (!events) {
        return Fail{events.error()};
    }
    auto requests = NetlinkSocket::for_requests();
    if (!requests) {
        return Fail{requests.error()};
    }
    Fd again(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    Fd readiness(::epoll_create1(EPOLL_CLOEXEC));
    if (!wait_for(events->fd(), readiness) || !wait_for(again.get(), readiness)) {
        return Fail{NetlinkError{std::string("cannot wait for events: ") + std::strerror(errno)}};
    }
    return Descriptors{*std::move(events), *std::move(requests), std::move(again),
                       std::move(readiness)};
}

bool Monitor::wait_for(int fd, const Fd& readiness) {
    epoll_event readable{};
    readable.events = EPOLLIN;
    return ::epoll_ctl(readiness.get(), EPOLL_CTL_ADD, fd, &readable) == 0;
}

Result<bool, NetlinkError> Monitor::read() {
    auto changed = read_sockets();
    if (changed) {
        failed_ = false;
        return changed;
    }
    log_->warning("the network could not be read, opening the sockets anew",
                  {{"error", changed.error().text}});
    const bool failed_before = std::exchange(failed_, true);
    if (const auto reopened = reopen(); !reopened) {
        return Fail{reopened.error()};
    }
    if (failed_before) {
        return changed;  // new sockets were of no use: it is for the caller to wait a while
    }
    ask_for_another_read();
    return publish();
}

Result<void, NetlinkError> Monitor::reopen() {
    auto fresh = open_descriptors(options_);
    if (!fresh) {
        return Fail{fresh.error()};
    }
    if (!wait_for(fresh->events.fd(), readiness_)) {  // fd() stays the same
        return Fail{NetlinkError{std::string("cannot wait for events: ") + std::strerror(errno)}};
    }
    events_ = std::move(fresh->events);
    requests_ = std::move(fresh->requests);
    lost_events_ = true;
    ++counters_.reopened;
    return {};
}

Result<bool, NetlinkError> Monitor::read_sockets() {
    std::uint64_t asked = 0;
    (void)!::read(again_.get(), &asked, sizeof asked);
    const auto drained = take_events();
    if (!drained) {
        return Fail{drained.error()};
    }
    // Until the socket is empty, what waits in it may be older than a dump, and after an overrun
    // the kernel goes on dropping events without another word.
    if (!*drained || !(lost_events_ || tables_.routes_stale())) {
        return publish();
    }
    if (!lost_events_ && !published_early_ && publish()) {
        published_early_ = true;
        ask_for_another_read();
        return true;
    }
    published_early_ = false;
    const auto read = refresh(lost_events_ ? Extent::everything : Extent::routes);
    if (!read) {
        return Fail{read.error()};
    }
    return publish();
}

Result<bool, NetlinkError> Monitor::take_events() {
    for (int count = 0; count < datagrams_at_once; ++count) {
        const auto received =
            events_.receive([this](const nlmsghdr& message) { apply(tables_, message); });
        if (!received) {
            return Fail{received.error()};
        }
        if (*received == Reception::nothing) {
            return true;
        }
        if (*received == Reception::lost) {
            lost_events_ = true;
            ++counters_.overruns;
            log_->warning("network events were lost, reading all anew",
                          {{"overruns", std::to_string(counters_.overruns)}});
        }
    }
    return false;
}

Result<void, NetlinkError> Monitor::refresh(Extent extent) {
    ++(extent == Extent::everything ? counters_.full_dumps : counters_.route_dumps);
    for (int attempt = 0; attempt < dump_attempts; ++attempt) {
        Tables fresh = extent == Extent::everything ? Tables(options_.max_routes) : tables_;
        const auto end = fill(fresh, extent);
        if (!end) {
            return Fail{end.error()};
        }
        if (*end == DumpEnd::complete) {
            tables_ = std::move(fresh);
            lost_events_ = lost_events_ && extent != Extent::everything;
            return {};
        }
        ++counters_.interrupted;
    }
    log_->warning("the network changes faster than it can be read");
    ask_for_another_read();
    return {};
}

Result<DumpEnd, NetlinkError> Monitor::fill(Tables& tables, Extent extent) {
    const auto sink = [this, &tables](const nlmsghdr& message) { apply(tables, message); };
    if (const auto quiet = requests_.await_changes(); !quiet) {
        return Fail{quiet.error()};
    }
    tables.start_routes();
    for (const DumpRequest& request : dump_requests) {
        if (extent == Extent::routes && request.type != RTM_GETROUTE) {
            continue;
        }
        auto end = requests_.dump(request, sink);
        if (!end || *end == DumpEnd::interrupted) {
            return end;
        }
    }
    tables.finish_routes();
    return DumpEnd::complete;
}

void Monitor::apply(Tables& tables, const nlmsghdr& message) {
    const Message said = translate(message);
    ++counters_.messages;
    if (std::holds_alternative<Unreadable>(said)) {
        ++counters_.unreadable;
        log_->warning("the kernel sent a message that is none",
                      {{"type", std::to_string(message.nlmsg_type)}});
    }
    tables.apply(said);
}

void Monitor::report_left_out() {
    const std::size_t left_out = tables_.routes_left_out();
    if (left_out != 0 && counters_.routes_left_out == 0) {
        log_->warning("more routes than are watched; default routes always are",
                      {{"watched", std::to_string(options_.max_routes)},
                       {"left_out", std::to_string(left_out)}});
    }
    counters_.routes_left_out = left_out;
}

void Monitor::ask_for_another_read() {
    const std::uint64_t one = 1;
    (void)!::write(again_.get(), &one, sizeof one);
}

bool Monitor::set_managed(ManagedNetwork managed) {
    managed_ = std::move(managed);
    return publish();
}

bool Monitor::set_nat64(std::vector<Nat64> found) {
    if (found == nat64_) {
        return false;
    }
    nat64_ = std::move(found);
    return publish();
}

bool Monitor::publish() {
    report_left_out();
    Snapshot fresh = tables_.snapshot(snapshot_.generation + 1);
    fresh.managed = managed_;
    fresh.nat64 = nat64_;
    if (snapshot_.generation != 0 && fresh == snapshot_) {
        return false;
    }
    snapshot_ = std::move(fresh);
    return true;
}

}  // namespace netwatch
