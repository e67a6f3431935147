// SPDX-License-Identifier: Apache-2.0
#include "agent/linux/suspend_clock.hpp"

#include <systemd/sd-event.h>

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cstdint>
#include <ctime>
#include <utility>

namespace agent {

namespace {

// The two clocks are not read at the same moment.
constexpr std::chrono::milliseconds shortest_sleep{500};

ike::Duration read_clock(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

ike::Duration time_asleep() {
    return read_clock(CLOCK_BOOTTIME) - read_clock(CLOCK_MONOTONIC);
}

SleepWatch::SleepWatch(EventLoop& loop, Events events, std::function<ike::Duration()> asleep)
    : events_(std::move(events)),
      asleep_(std::move(asleep)),
      known_(asleep_()),
      clock_(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)) {
    if (clock_) {
        arm();
        source_ = loop.watch(clock_.get(), EPOLLIN, [this](std::uint32_t) {
            std::uint64_t count = 0;
            (void)!::read(clock_.get(), &count, sizeof count);  // ECANCELED: it jumped
            arm();
            look();
            events_.clock_stepped();
        });
        // Before any deadline that was slept through.
        sd_event_source_set_priority(source_.get(), SD_EVENT_PRIORITY_IMPORTANT);
    }
}

void SleepWatch::look() {
    const ike::Duration now = asleep_();
    const ike::Duration slept = now - std::exchange(known_, now);
    if (slept >= shortest_sleep) {
        events_.slept(slept);
    }
}

/// For a time that does not come, to be cancelled.
void SleepWatch::arm() {
    itimerspec never{};
    never.it_value.tv_sec = std::time_t{1} << 34U;  // in the year 2514
    ::timerfd_settime(clock_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr);
}

}  // namespace agent
