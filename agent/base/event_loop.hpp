// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/scheduler.hpp"
#include "agent/base/system_error.hpp"
#include "ike/base/clock.hpp"
#include "ike/base/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

struct sd_event;
struct sd_event_source;

namespace agent {

struct DropSource {
    void operator()(sd_event_source* source) const;
};
struct DropEvent {
    void operator()(sd_event* event) const;
};

/// A registration with the loop. Destroying it ends it, also from inside its own callback.
using EventSource = std::unique_ptr<sd_event_source, DropSource>;

/// sd-event as RAII: descriptors, deadlines and signals call back on the one thread that runs it.
/// Callbacks don't throw. Registrations may outlive the loop; they are silent then.
class EventLoop final : public Scheduler {
  public:
    static ike::Result<EventLoop, SystemError> create();

    [[nodiscard]] ike::Instant now() const override;
    [[nodiscard]] MonotonicTime monotonic() const override { return monotonic_now(); }

    /// `on_ready` gets the EPOLL* flags that are up. The descriptor stays the caller's.
    [[nodiscard]] EventSource watch(int fd, std::uint32_t epoll_events,
                                    std::function<void(std::uint32_t)> on_ready);
    /// A descriptor that is watched: while off, what is ready waits.
    static void enable(const EventSource& watched, bool on);
    using Scheduler::timer;
    [[nodiscard]] Timer timer(std::function<void()> on_deadline, ike::Duration accuracy) override;
    /// Blocks the signal in this thread: call it before starting others, which inherit that.
    [[nodiscard]] EventSource on_signal(int signal, std::function<void()> on_signal);
    void post(std::function<void()> task) override;

    /// Until exit(); gives its code.
    ike::Result<int, SystemError> run();
    /// One turn: waits at most `longest` for something to happen, and handles it.
    ike::Result<void, SystemError> run_once(ike::Duration longest);
    void exit(int code);

    /// Feeds the service manager's watchdog from the loop, if it wants that (WatchdogSec=).
    void feed_watchdog();

    /// For glue that needs sd-event itself.
    [[nodiscard]] sd_event* native() const { return event_.get(); }

  private:
    explicit EventLoop(sd_event* event) : event_(event) {}

    std::unique_ptr<sd_event, DropEvent> event_;
};

/// Tells the service manager, if there is one: ready, stopping, and what `systemctl status` shows.
void notify_ready(const std::string& status);
void notify_status(const std::string& status);
void notify_stopping();

}  // namespace agent
