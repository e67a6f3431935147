// SPDX-License-Identifier: Apache-2.0
#include "agent/dbus/bus.hpp"

#include "ike/base/expects.hpp"
#include "netwatch/sdbus.hpp"

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include <poll.h>
#include <sys/epoll.h>

#include <chrono>
#include <ctime>

namespace agent {

namespace {

std::unique_ptr<sdbus::IConnection> connect(const BusChoice& choice) {
    if (choice.text == "system") {
        return sdbus::createSystemBusConnection();
    }
    if (choice.text == "session") {
        return sdbus::createSessionBusConnection();
    }
    return sdbus::createSessionBusConnectionWithAddress(choice.text);
}

std::string remedy_of(const BusChoice& choice) {
    if (choice.text == "system") {
        return "start dbus (systemctl start dbus), or name another bus with --bus";
    }
    if (choice.text == "session") {
        return "set DBUS_SESSION_BUS_ADDRESS, or name another bus with --bus";
    }
    return "write --bus system, session, or an address like unix:path=/run/bus";
}

using OwnBus = std::unique_ptr<sd_bus, decltype(&sd_bus_close_unref)>;

int begin_to_connect(sd_bus* bus, const std::string& address) {
    int result = sd_bus_set_address(bus, address.c_str());
    if (result >= 0) {
        result = sd_bus_set_bus_client(bus, 1);
    }
    return result < 0 ? result : sd_bus_start(bus);
}

/// Whether a bus answers there: 0, or an errno. sdbus-c++ 1.2 leaks the sd_bus of an address that
/// cannot be opened, and waits for a bus that does not answer as long as that takes. So the bus is
/// tried without it first.
int try_bus(const BusChoice& choice, ike::Duration patience) {
    const bool by_address = choice.text != "system" && choice.text != "session";
    sd_bus* bus = nullptr;
    int result = by_address                ? sd_bus_new(&bus)
                 : choice.text == "system" ? sd_bus_open_system(&bus)
                                           : sd_bus_open_user(&bus);
    const OwnBus owned(bus, &sd_bus_close_unref);
    if (by_address && result >= 0) {
        result = begin_to_connect(bus, choice.text);
    }
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (result >= 0 && sd_bus_is_ready(bus) == 0) {
        const auto left = deadline - std::chrono::steady_clock::now();
        if (left <= left.zero()) {
            return ETIMEDOUT;
        }
        result = sd_bus_process(bus, nullptr);
        if (result == 0) {
            const auto time = std::chrono::duration_cast<std::chrono::microseconds>(left);
            result = sd_bus_wait(bus, static_cast<std::uint64_t>(time.count()));
        }
    }
    return result < 0 ? -result : 0;
}

std::uint32_t as_epoll(short poll_events) {
    std::uint32_t events = 0;
    events |= (poll_events & POLLIN) != 0 ? EPOLLIN : 0U;
    events |= (poll_events & POLLOUT) != 0 ? EPOLLOUT : 0U;
    return events;
}

}  // namespace

ike::Result<std::unique_ptr<sdbus::IConnection>, SystemError> open_bus(const BusChoice& choice,
                                                                       ike::Duration patience) {
    const std::string what = "connect to the D-Bus bus " + choice.text;
    if (const int error = try_bus(choice, patience); error != 0) {
        return ike::Fail{SystemError{what, error, remedy_of(choice)}};
    }
    try {
        return connect(choice);
    } catch (const sdbus::Error& error) {
        return ike::Fail{SystemError{what + ": " + error.getMessage(), 0, remedy_of(choice)}};
    }
}

/// sd-bus says before each wait what it waits for: the prepare callback asks it, and arms the
/// descriptor and the timer with that.
class BusPump::Impl {
  public:
    Impl(EventLoop& loop, sdbus::IConnection& connection, std::function<void()> on_lost)
        : connection_(connection), on_lost_(std::move(on_lost)) {
        const auto on_io = [](sd_event_source*, int, std::uint32_t, void* self) noexcept {
            return static_cast<Impl*>(self)->process();
        };
        const auto on_time = [](sd_event_source*, std::uint64_t, void* self) noexcept {
            return static_cast<Impl*>(self)->process();
        };
        const auto on_prepare = [](sd_event_source*, void* self) noexcept {
            return static_cast<Impl*>(self)->prepare();
        };
        sd_event_source* io = nullptr;
        sd_event_source* timer = nullptr;
        const int fd = netwatch::bus::wait_of(connection_).fd;
        ike::expects(sd_event_add_io(loop.native(), &io, fd, 0, on_io, this) >= 0 &&
                         sd_event_add_time(loop.native(), &timer, CLOCK_MONOTONIC, 0, 0, on_time,
                                           this) >= 0 &&
                         sd_event_source_set_enabled(timer, SD_EVENT_OFF) >= 0 &&
                         sd_event_source_set_prepare(io, on_prepare) >= 0,
                     "the loop takes the bus");
        io_.reset(io);
        timer_.reset(timer);
    }

  private:
    int prepare() {
        try {
            const auto wanted = netwatch::bus::wait_of(connection_);
            ike::expects(sd_event_source_set_io_events(io_.get(), as_epoll(wanted.events)) >= 0,
                         "the bus waits for its descriptor");
            const bool forever = wanted.deadline_us == UINT64_MAX;
            ike::expects(sd_event_source_set_time(timer_.get(), wanted.deadline_us) >= 0 &&
                             sd_event_source_set_enabled(
                                 timer_.get(), forever ? SD_EVENT_OFF : SD_EVENT_ONESHOT) >= 0,
                         "the bus has a deadline");
        } catch (const sdbus::Error&) {
            lose();
        }
        return 0;
    }

    /// One message a turn of the loop: whatever else is due comes between two of them, so that
    /// somebody who floods us with calls delays it by one answer and no more. sd-event takes equals
    /// in turns, and a message that waits in sd-bus makes the timer due.
    int process() {
        try {
            (void)netwatch::bus::process_one(connection_);
        } catch (const sdbus::Error&) {
            lose();
        }
        return 0;
    }

    void lose() {
        io_.reset();
        timer_.reset();
        if (const auto on_lost = std::exchange(on_lost_, nullptr)) {
            on_lost();
        }
    }

    sdbus::IConnection& connection_;
    std::function<void()> on_lost_;
    EventSource io_;
    EventSource timer_;
};

BusPump::BusPump(EventLoop& loop, sdbus::IConnection& connection, std::function<void()> on_lost)
    : impl_(std::make_unique<Impl>(loop, connection, std::move(on_lost))) {}
BusPump::~BusPump() = default;

}  // namespace agent
