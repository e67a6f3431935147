// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"
#include "netwatch/fd.hpp"

#include <functional>

namespace agent {

/// How long this machine has been suspended since it was started: CLOCK_BOOTTIME counts that and
/// CLOCK_MONOTONIC does not.
ike::Duration time_asleep();

/// Tells when the machine has woken up, and how long it slept. Needs no logind: the kernel cancels
/// a timer of the wall clock when that jumps, and after a sleep it does.
class SleepWatch {
  public:
    struct Events {
        std::function<void(ike::Duration)> slept;
        std::function<void()> clock_stepped;  // the wall clock has jumped
    };

    /// `asleep` is time_asleep() but in tests.
    SleepWatch(EventLoop& loop, Events events, std::function<ike::Duration()> asleep = time_asleep);
    SleepWatch(const SleepWatch&) = delete;
    SleepWatch& operator=(const SleepWatch&) = delete;

    /// The wall clock has jumped, or something else gives reason to look.
    void look();

  private:
    void arm();

    Events events_;
    std::function<ike::Duration()> asleep_;
    ike::Duration known_;
    netwatch::Fd clock_;
    EventSource source_;
};

}  // namespace agent
