// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/network_monitor.hpp"

#include "agent/base/clock.hpp"
#include "agent/path/portal.hpp"

#include <sys/epoll.h>

#include <utility>

namespace agent {

NetworkMonitor::NetworkMonitor(EventLoop& loop, ike::Log& log, ike::crypto::Random& random,
                               Events events)
    : loop_(loop),
      log_(log),
      events_(std::move(events)),
      nat64_(
          loop, log, random,
          [this](std::vector<netwatch::Nat64> found) {
              if (monitor_->set_nat64(std::move(found))) {
                  changed(monotonic_now());
              }
          },
          events_.name_servers),
      look_again_(loop.timer([this] { EventLoop::enable(source_, true); })),
      again_(loop, [this] { return reopen(); }) {}

ike::Result<void, SystemError> NetworkMonitor::start() {
    if (auto opened = open(); !opened) {
        return ike::Fail{SystemError{opened.error().text, 0, {}}};
    }
    snapshot_ = monitor_->snapshot();
    recorder_.note(snapshot_, monotonic_now());
    return {};
}

ike::Result<void, netwatch::NetlinkError> NetworkMonitor::open() {
    auto monitor = netwatch::Monitor::open(log_);
    if (!monitor) {
        return ike::Fail{monitor.error()};
    }
    monitor->set_managed(snapshot_.managed);
    monitor->set_nat64(snapshot_.nat64);
    monitor_.emplace(std::move(*monitor));
    source_ = loop_.watch(monitor_->fd(), EPOLLIN, [this](std::uint32_t) { readable(); });
    return {};
}

/// By new sockets, with all that is there now.
bool NetworkMonitor::reopen() {
    if (const auto opened = open(); !opened) {
        log_.debug("the network cannot be watched still", {{"error", opened.error().text}});
        return false;
    }
    log_.info("the network is watched again");
    changed(monotonic_now());
    return true;
}

void NetworkMonitor::readable() {
    const MonotonicTime event = monotonic_now();
    const auto read = monitor_->read();
    if (!read) {
        log_.error("the network cannot be watched", {{"error", read.error().text}});
        source_.reset();
        look_again_.clear();
        again_.start();
        return;
    }
    if (*read) {
        changed(event);
    }
    if (const ike::Duration wait = pace_.after_look(loop_.now()); wait > ike::Duration{}) {
        EventLoop::enable(source_, false);
        look_again_.set(loop_.now() + wait);
    }
}

bool NetworkMonitor::set_managed(const netwatch::ManagedNetwork& said) {
    const bool another = monitor_->set_managed(said);
    if (another) {
        changed(monotonic_now());
    }
    return another;
}

void NetworkMonitor::changed(MonotonicTime event) {
    look_for_nat64();
    snapshot_ = monitor_->snapshot();
    if (events_.needs().hides_checks) {
        doubt_limited(snapshot_.managed);
    }
    recorder_.note(snapshot_, event);
    events_.changed(event);
}

/// By a network without IPv4 the gateway may be had through a NAT64.
void NetworkMonitor::look_for_nat64() {
    if (events_.needs().nat64) {
        monitor_->set_nat64(nat64_.look(monitor_->snapshot()));
    }
}

}  // namespace agent
