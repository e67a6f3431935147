// SPDX-License-Identifier: Apache-2.0
#include "agent/base/event_loop.hpp"

#include "ike/base/expects.hpp"

#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include <pthread.h>

#include <csignal>
#include <ctime>

namespace agent {

void DropSource::operator()(sd_event_source* source) const {
    sd_event_source_disable_unref(source);
}
void DropEvent::operator()(sd_event* event) const {
    sd_event_unref(event);
}

namespace {

using namespace std::chrono;

std::uint64_t as_usec(ike::Duration duration) {
    const auto usec = ceil<microseconds>(duration).count();
    return usec < 0 ? 0 : static_cast<std::uint64_t>(usec);
}

/// Gives `callback` to the source, which keeps it until sd-event frees it: after the callback
/// returned, should that have destroyed its own source.
template <class Callback>
EventSource owning(sd_event_source* source, Callback* callback) {
    const auto destroy = [](void* userdata) { delete static_cast<Callback*>(userdata); };
    ike::expects(sd_event_source_set_destroy_callback(source, destroy) >= 0,
                 "an event source takes a destroy callback");
    ike::expects(sd_event_source_get_userdata(source) == callback, "it is the userdata");
    return EventSource(source);
}

using Task = std::function<void()>;
using IoTask = std::function<void(std::uint32_t)>;

int call(void* userdata) noexcept {
    (*static_cast<Task*>(userdata))();
    return 0;
}

class LoopAlarm final : public Timer::Alarm {
  public:
    explicit LoopAlarm(EventSource source) : source_(std::move(source)) {}

    void set(std::optional<ike::Instant> deadline) override {
        if (!deadline) {
            ike::expects(sd_event_source_set_enabled(source_.get(), SD_EVENT_OFF) >= 0,
                         "a timer can be switched off");
            return;
        }
        ike::expects(
            sd_event_source_set_time(source_.get(), as_usec(deadline->time_since_epoch())) >= 0,
            "a timer takes a deadline");
        ike::expects(sd_event_source_set_enabled(source_.get(), SD_EVENT_ONESHOT) >= 0,
                     "a timer can be switched on");
    }

  private:
    EventSource source_;
};

}  // namespace

ike::Result<EventLoop, SystemError> EventLoop::create() {
    sd_event* event = nullptr;
    if (const int error = sd_event_new(&event); error < 0) {
        return ike::Fail{SystemError{"make an event loop", -error, {}}};
    }
    return EventLoop(event);
}

ike::Instant EventLoop::now() const {
    std::uint64_t usec = 0;
    ike::expects(sd_event_now(event_.get(), CLOCK_BOOTTIME, &usec) >= 0, "the loop has a clock");
    return ike::Instant(microseconds(usec));
}

EventSource EventLoop::watch(int fd, std::uint32_t epoll_events, IoTask on_ready) {
    auto task = std::make_unique<IoTask>(std::move(on_ready));
    sd_event_source* source = nullptr;
    const auto handler = [](sd_event_source*, int, std::uint32_t events, void* userdata) noexcept {
        (*static_cast<IoTask*>(userdata))(events);
        return 0;
    };
    const int error = sd_event_add_io(event_.get(), &source, fd, epoll_events, handler, task.get());
    ike::expects(error >= 0, "the loop takes a descriptor that can be polled");
    return owning(source, task.release());
}

void EventLoop::enable(const EventSource& watched, bool on) {
    ike::expects(sd_event_source_set_enabled(watched.get(), on ? SD_EVENT_ON : SD_EVENT_OFF) >= 0,
                 "what is watched can be left alone for a while");
}

Timer EventLoop::timer(Task on_deadline, ike::Duration accuracy) {
    auto task = std::make_unique<Task>(std::move(on_deadline));
    sd_event_source* source = nullptr;
    const auto handler = [](sd_event_source*, std::uint64_t, void* userdata) noexcept {
        return call(userdata);
    };
    const int error = sd_event_add_time(event_.get(), &source, CLOCK_BOOTTIME, 0, as_usec(accuracy),
                                        handler, task.get());
    ike::expects(error >= 0, "the loop takes a timer");
    ike::expects(sd_event_source_set_enabled(source, SD_EVENT_OFF) >= 0, "a timer can be off");
    return Timer(std::make_unique<LoopAlarm>(owning(source, task.release())));
}

EventSource EventLoop::on_signal(int signal, Task on_signal) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    ike::expects(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0, "a signal can be blocked");

    auto task = std::make_unique<Task>(std::move(on_signal));
    sd_event_source* source = nullptr;
    const auto handler = [](sd_event_source*, const signalfd_siginfo*, void* userdata) noexcept {
        return call(userdata);
    };
    const int error = sd_event_add_signal(event_.get(), &source, signal, handler, task.get());
    ike::expects(error >= 0, "the loop takes a blocked signal that has no handler yet");
    return owning(source, task.release());
}

void EventLoop::post(Task task) {
    auto owned = std::make_unique<Task>(std::move(task));
    sd_event_source* source = nullptr;
    const auto handler = [](sd_event_source* self, void* userdata) noexcept {
        const int result = call(userdata);
        sd_event_source_set_floating(self, 0);  // the loop lets go of it
        return result;
    };
    const int error = sd_event_add_defer(event_.get(), &source, handler, owned.get());
    ike::expects(error >= 0, "the loop takes a task");
    source = owning(source, owned.release()).release();
    // Floating, it is the loop's alone: freed after its one call, or with the loop.
    ike::expects(sd_event_source_set_floating(source, 1) >= 0, "a source can float");
    sd_event_source_unref(source);
}

ike::Result<int, SystemError> EventLoop::run() {
    const int code = sd_event_loop(event_.get());
    if (code < 0) {
        return ike::Fail{SystemError{"run the event loop", -code, {}}};
    }
    return code;
}

ike::Result<void, SystemError> EventLoop::run_once(ike::Duration longest) {
    if (const int error = sd_event_run(event_.get(), as_usec(longest)); error < 0) {
        return ike::Fail{SystemError{"run the event loop", -error, {}}};
    }
    return {};
}

void EventLoop::exit(int code) {
    ike::expects(sd_event_exit(event_.get(), code) >= 0, "a running loop can be ended");
}

void EventLoop::feed_watchdog() {
    (void)sd_event_set_watchdog(event_.get(), 1);  // 0 when the service manager wants none
}

void notify_ready(const std::string& status) {
    (void)sd_notify(0, ("READY=1\nSTATUS=" + status).c_str());
}
void notify_status(const std::string& status) {
    (void)sd_notify(0, ("STATUS=" + status).c_str());
}
void notify_stopping() {
    (void)sd_notify(0, "STOPPING=1");
}

}  // namespace agent
