// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"
#include "agent/linux/suspend_clock.hpp"
#include "ike/base/log.hpp"

#include <functional>
#include <optional>

namespace agent {

/// Has a sleep wait for a moment while a tunnel is in the midst of something: an
/// UPDATE_SA_ADDRESSES or a rekey half done would meet a gateway that gave it up meanwhile. Tells
/// when the machine has slept.
class SleepInhibitor {
  public:
    /// A sleep waits no longer; the rest is done after it.
    static constexpr ike::Duration longest_wait = std::chrono::seconds(1);

    struct Events {
        std::function<bool()> busy;
        std::function<void()> let_sleep;  // called once for each about_to_sleep()
        SleepWatch::Events watch;
    };

    /// Both must outlive it.
    SleepInhibitor(EventLoop& loop, ike::Log& log, Events events);
    SleepInhibitor(const SleepInhibitor&) = delete;
    SleepInhibitor& operator=(const SleepInhibitor&) = delete;

    /// systemd-logind waits for let_sleep().
    void about_to_sleep();
    /// The machine may have slept.
    void look() { watch_.look(); }

  private:
    void let_sleep_when_quiet();

    EventLoop& loop_;
    ike::Log& log_;
    Events events_;
    SleepWatch watch_;
    Timer quiet_;  // until a sleep need not wait for us
    ike::Instant sleep_by_;
};

}  // namespace agent
