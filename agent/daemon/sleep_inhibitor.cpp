// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/sleep_inhibitor.hpp"

#include <utility>

namespace agent {

using namespace std::chrono_literals;

namespace {

constexpr ike::Duration between_looks = 20ms;

}  // namespace

SleepInhibitor::SleepInhibitor(EventLoop& loop, ike::Log& log, Events events)
    : loop_(loop),
      log_(log),
      events_(std::move(events)),
      watch_(loop, events_.watch),
      quiet_(loop.timer([this] { let_sleep_when_quiet(); })) {}

void SleepInhibitor::about_to_sleep() {
    log_.info("the machine is about to sleep");
    sleep_by_ = loop_.now() + longest_wait;
    let_sleep_when_quiet();
}

void SleepInhibitor::let_sleep_when_quiet() {
    if (loop_.now() < sleep_by_ && events_.busy()) {
        quiet_.set(loop_.now() + between_looks);
    } else {
        events_.let_sleep();
    }
}

}  // namespace agent
