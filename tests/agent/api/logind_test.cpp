// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/logind.hpp"

#include "agent/dbus/bus.hpp"
#include "tests/agent/api/bus_object.hpp"
#include "tests/agent/api/private_bus.hpp"
#include "tests/agent/turning.hpp"

#include <fcntl.h>
#include <poll.h>

#include <array>
#include <optional>

using namespace agent;
using namespace agent_test;

namespace {

/// Gives out inhibitors as logind does: the far end of a pipe, held as long as that is open.
class FakeLogind {
  public:
    FakeLogind(EventLoop& loop, const std::string& bus, bool is_logind = true)
        : connection_(sdbus::createSessionBusConnectionWithAddress(bus)),
          object_(*connection_, "/org/freedesktop/login1") {
        object_.method(manager, "Inhibit",
                       [this](const std::string& what, const std::string& who,
                              const std::string& why, const std::string& mode) {
                           asked = {what, who, mode};
                           CHECK_FALSE(why.empty());
                           return give_inhibitor();
                       });
        object_.property(manager, "PreparingForSleep", [this] { return sleeps_; });
        object_.publish();
        if (is_logind) {
            connection_->requestName(netwatch::bus::ServiceName("org.freedesktop.login1"));
        }
        pump_ = std::make_unique<BusPump>(loop, *connection_, [] {});
    }

    void prepare_for_sleep(bool sleeps) {
        sleeps_ = sleeps;
        object_.signal(manager, "PrepareForSleep", sleeps).send();
    }
    /// To one client alone, which the bus lets anybody do.
    void lie(const std::string& destination) {
        auto signal = object_.signal(manager, "PrepareForSleep", true);
        signal.setDestination(destination);
        signal.send();
    }

    /// Somebody holds the last inhibitor that was given.
    [[nodiscard]] bool inhibited() const {
        pollfd end{pipe_.get(), POLLIN, 0};
        return pipe_.isValid() && ::poll(&end, 1, 0) == 0;
    }

    std::vector<std::string> asked;

  private:
    static constexpr const char* manager = "org.freedesktop.login1.Manager";

    sdbus::UnixFd give_inhibitor() {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        pipe_ = sdbus::UnixFd(ends[0], sdbus::adopt_fd);
        return sdbus::UnixFd(ends[1], sdbus::adopt_fd);
    }

    bool sleeps_ = false;
    sdbus::UnixFd pipe_;
    std::unique_ptr<sdbus::IConnection> connection_;
    BusObject object_;
    std::unique_ptr<BusPump> pump_;
};

struct Client {
    explicit Client(const PrivateBus& bus) {
        auto opened = open_bus({bus.address()});
        REQUIRE(opened);
        connection = std::move(*opened);
        logind.emplace(*connection, log,
                       Logind::Events{[this] { ++about_to_sleep; }, [this] { ++awake; }});
        pump = std::make_unique<BusPump>(loop, *connection, [] {});
    }

    EventLoop loop = *EventLoop::create();
    ike::NullLog log;
    int about_to_sleep = 0;
    int awake = 0;
    std::unique_ptr<sdbus::IConnection> connection;
    std::optional<Logind> logind;
    std::unique_ptr<BusPump> pump;
};

}  // namespace

TEST_CASE("a sleep waits until it is let, and the next one does again") {
    const PrivateBus bus;
    Client client(bus);
    FakeLogind fake(client.loop, bus.address());
    REQUIRE(until(client.loop, [&] { return fake.inhibited(); }));
    CHECK(fake.asked == std::vector<std::string>{"sleep", "roamd", "delay"});
    for (int round = 1; round <= 2; ++round) {
        fake.prepare_for_sleep(true);
        REQUIRE(until(client.loop, [&] { return client.about_to_sleep == round; }));
        CHECK(fake.inhibited());
        client.logind->let_sleep();
        CHECK_FALSE(fake.inhibited());
        fake.prepare_for_sleep(false);
        REQUIRE(until(client.loop, [&] { return client.awake == round && fake.inhibited(); }));
    }
}

TEST_CASE("logind may come late and start anew") {
    const PrivateBus bus;
    Client client(bus);
    for (int round = 0; round < 2; ++round) {
        FakeLogind fake(client.loop, bus.address());
        CHECK(until(client.loop, [&] { return fake.inhibited(); }));
    }
    CHECK(client.about_to_sleep + client.awake == 0);
}

TEST_CASE("a sleep that somebody else tells of is none") {
    const PrivateBus bus;
    Client client(bus);
    FakeLogind fake(client.loop, bus.address());
    REQUIRE(until(client.loop, [&] { return fake.inhibited(); }));
    FakeLogind liar(client.loop, bus.address(), false);
    liar.lie(client.connection->getUniqueName());
    for (int turn = 0; turn < 20; ++turn) {
        REQUIRE(client.loop.run_once(std::chrono::milliseconds(10)));
    }
    CHECK(client.about_to_sleep == 0);
    CHECK(fake.inhibited());
}
