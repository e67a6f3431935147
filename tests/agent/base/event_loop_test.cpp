// SPDX-License-Identifier: Apache-2.0
#include "agent/base/event_loop.hpp"

#include "tests/agent/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

using namespace agent;
using namespace std::chrono_literals;

namespace {

EventLoop make_loop() {
    auto loop = EventLoop::create();
    REQUIRE(loop.ok());
    return std::move(*loop);
}

struct Pipe {
    Pipe() { REQUIRE(pipe(ends.data()) == 0); }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        close(ends[0]);
        close(ends[1]);
    }
    void write_byte() const { REQUIRE(write(ends[1], "x", 1) == 1); }
    void read_byte() const {
        char byte = 0;
        REQUIRE(read(ends[0], &byte, 1) == 1);
    }
    std::array<int, 2> ends{};
};

}  // namespace

TEST_CASE("timers call back in the order of their deadlines, not before them, and once each") {
    EventLoop loop = make_loop();
    const ike::Instant start = loop.now();
    std::vector<int> order;
    Timer late = loop.timer([&] {
        CHECK(loop.now() >= start + 4ms);
        order.push_back(2);
        loop.exit(7);
    });
    Timer early = loop.timer([&] {
        CHECK(loop.now() >= start + 1ms);
        order.push_back(1);
    });
    late.set(start + 4ms);
    early.set(start + 1ms);
    CHECK(*loop.run() == 7);
    CHECK(order == std::vector{1, 2});
}

TEST_CASE("a deadline in the past is met at once, a cleared one never") {
    EventLoop loop = make_loop();
    int calls = 0;
    Timer past = loop.timer([&] { ++calls; });
    Timer cleared = loop.timer([&] { calls += 100; });
    past.set(loop.now() - 1h);
    cleared.set(loop.now());
    cleared.clear();
    REQUIRE(loop.run_once(0ms).ok());
    REQUIRE(loop.run_once(0ms).ok());
    CHECK(calls == 1);
}

TEST_CASE("a timer may re-arm itself from its own callback") {
    EventLoop loop = make_loop();
    int calls = 0;
    std::optional<Timer> timer;
    timer = loop.timer([&] {
        if (++calls == 3) {
            loop.exit(0);
        } else {
            timer->set(loop.now() + 100us);
        }
    });
    timer->set(loop.now());
    CHECK(loop.run().ok());
    CHECK(calls == 3);
}

TEST_CASE("a timer may destroy itself from its own callback") {
    EventLoop loop = make_loop();
    std::string after;
    std::optional<Timer> timer;
    timer = loop.timer([&, captured = std::string(100, 'x')] {
        timer.reset();
        after = captured;  // what the callback holds lives until it returns
    });
    timer->set(loop.now());
    REQUIRE(loop.run_once(0ms).ok());
    CHECK(after == std::string(100, 'x'));
}

TEST_CASE("a descriptor calls back when it is readable, and no more once its source is gone") {
    EventLoop loop = make_loop();
    const Pipe pipe;
    int calls = 0;
    EventSource source = loop.watch(pipe.ends[0], EPOLLIN, [&](std::uint32_t events) {
        CHECK((events & EPOLLIN) != 0);
        ++calls;
        pipe.read_byte();
    });
    REQUIRE(loop.run_once(0ms).ok());
    CHECK(calls == 0);
    pipe.write_byte();
    REQUIRE(loop.run_once(0ms).ok());
    CHECK(calls == 1);
    source.reset();
    pipe.write_byte();
    REQUIRE(loop.run_once(0ms).ok());
    CHECK(calls == 1);
}

TEST_CASE("what is ready while a descriptor is left alone waits, and is told of afterwards") {
    EventLoop loop = make_loop();
    const Pipe pipe;
    int calls = 0;
    const EventSource source = loop.watch(pipe.ends[0], EPOLLIN, [&](std::uint32_t) {
        ++calls;
        pipe.read_byte();
    });
    EventLoop::enable(source, false);
    pipe.write_byte();
    REQUIRE(loop.run_once(0ms).ok());
    CHECK(calls == 0);
    EventLoop::enable(source, true);
    REQUIRE(loop.run_once(0ms).ok());
    CHECK(calls == 1);
}

TEST_CASE("a posted task runs in a later turn, once, in order") {
    EventLoop loop = make_loop();
    std::vector<int> order;
    loop.post([&] {
        order.push_back(1);
        loop.post([&] {
            order.push_back(3);
            loop.exit(0);
        });
        order.push_back(2);
    });
    CHECK(order.empty());
    CHECK(loop.run().ok());
    CHECK(order == std::vector{1, 2, 3});
}

TEST_CASE("a signal calls back instead of ending the process") {
    EventLoop loop = make_loop();
    const EventSource source = loop.on_signal(SIGUSR1, [&] { loop.exit(3); });
    raise(SIGUSR1);
    CHECK(*loop.run() == 3);
}

TEST_CASE("the service manager is told, and its watchdog fed") {
    const agent_test::TemporaryFolder folder;
    const int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = (folder.path() / "notify").string();
    std::ranges::copy(path, address.sun_path);
    REQUIRE(bind(manager, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
    setenv("WATCHDOG_USEC", "20000", 1);

    EventLoop loop = make_loop();
    std::string told;
    const EventSource heard = loop.watch(manager, EPOLLIN, [&](std::uint32_t) {
        std::array<char, 256> buffer{};
        const auto size = recv(manager, buffer.data(), buffer.size(), 0);
        told += std::string(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0) + "|";
        if (told.find("WATCHDOG=1|") != std::string::npos) {
            loop.exit(0);
        }
    });
    notify_ready("1 tunnel");
    notify_status("2 tunnels");
    notify_stopping();
    loop.feed_watchdog();
    CHECK(loop.run().ok());
    CHECK(told.find("READY=1\nSTATUS=1 tunnel|STATUS=2 tunnels|STOPPING=1|") != std::string::npos);

    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    close(manager);
}

TEST_CASE("registrations may outlive their loop") {
    std::optional<Timer> timer;
    {
        EventLoop loop = make_loop();
        timer = loop.timer([] {});
        loop.post([] {});
    }
    timer->clear();
    CHECK(timer.has_value());
}
