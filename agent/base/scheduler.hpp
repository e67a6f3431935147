// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/clock.hpp"
#include "ike/base/clock.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace agent {

/// A deadline on the clock of a Scheduler, re-armed at will, calling back once for each arming.
/// Destroying it ends it, also from inside its own callback.
class Timer {
  public:
    /// How a scheduler keeps the deadline.
    class Alarm {
      public:
        Alarm() = default;
        Alarm(const Alarm&) = delete;
        Alarm& operator=(const Alarm&) = delete;
        virtual ~Alarm() = default;
        virtual void set(std::optional<ike::Instant> deadline) = 0;
    };

    explicit Timer(std::unique_ptr<Alarm> alarm) : alarm_(std::move(alarm)) {}

    /// At `deadline`, or at once when it is past; with nothing, never.
    void set(std::optional<ike::Instant> deadline) { alarm_->set(deadline); }
    void clear() { set(std::nullopt); }

  private:
    std::unique_ptr<Alarm> alarm_;
};

/// Time, and what happens later. EventLoop is the real one; a simulation has one whose time passes
/// when it says so. All calls and callbacks are on one thread. Callbacks don't throw.
class Scheduler {
  public:
    Scheduler() = default;
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;
    virtual ~Scheduler() = default;

    /// CLOCK_BOOTTIME, the same for all callbacks of one turn.
    [[nodiscard]] virtual ike::Instant now() const = 0;
    /// CLOCK_MONOTONIC at this moment: the time of the records.
    [[nodiscard]] virtual MonotonicTime monotonic() const = 0;
    /// Disarmed at first. `accuracy` is how late it may be, so that wake-ups coalesce.
    [[nodiscard]] virtual Timer timer(std::function<void()> on_deadline,
                                      ike::Duration accuracy) = 0;
    [[nodiscard]] Timer timer(std::function<void()> on_deadline) {
        return timer(std::move(on_deadline), std::chrono::microseconds(1));
    }
    /// Called once, in a later turn and after no wait.
    virtual void post(std::function<void()> task) = 0;

  protected:
    Scheduler(Scheduler&&) = default;
    Scheduler& operator=(Scheduler&&) = default;
};

}  // namespace agent
