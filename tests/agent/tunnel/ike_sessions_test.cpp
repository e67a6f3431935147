// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/ike_sessions.hpp"

#include "tests/seeded_random.hpp"
#include "tests/sim/gateway/gateway.hpp"
#include "tests/sim/laptop/virtual_time.hpp"
#include "tests/sim/world/setup.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace ike::session;
using namespace std::chrono_literals;

namespace {

class Silence final : public ike::Log {
    void write(ike::Level, std::string_view, std::initializer_list<ike::Field>) override {}
};

/// Sessions with a gateway at the other end of a perfect network.
struct Line {
    Session session() {
        auto config = sim::client_config(gateway.config(), [](auto&) {});
        config.initial_contact = sessions.first();
        return {std::move(config), {random, log, [this] { return ike::ChildSpi{++spi}; }}};
    }
    void connect() {
        sessions.use(session());
        sessions.feed(
            [&](Session& started, ike::Instant now) { started.start(path.addresses, now); });
        pump();
        REQUIRE(sessions.ike_sa() != nullptr);
    }
    void replace() {
        sessions.replace_by(session(), path);
        pump();
    }
    /// Everything that is due now.
    void pump() {
        for (bool again = true; again;) {
            again = time.run_one();
            while (auto datagram = gateway.poll_transmit()) {
                again = true;
                sessions.receive(datagram->bytes,
                                 {path.addresses.interface, datagram->to, datagram->from});
            }
        }
    }
    void pass(ike::Duration duration) {
        for (const ike::Instant until = time.now() + duration; time.now() < until;) {
            time.advance_to(std::min(until, time.next().value_or(until)));
            pump();
        }
    }
    void on_in_use(const Event& event) {
        if (const auto* connected = std::get_if<Connected>(&event)) {
            sessions.establish(*connected);
        }
    }
    IkeSessionEvents events() {
        IkeSessionEvents told;
        told.send = [this](const Transmit& transmit) {
            sent += 1;
            if (hears) {
                gateway.receive({.from = transmit.path.local,
                                 .to = transmit.path.remote,
                                 .bytes = transmit.datagram},
                                time.now());
            }
        };
        told.before_tick = [](Session&, ike::Instant) {};
        told.in_use = [this](Event& event) { on_in_use(event); };
        told.ended = [this](const Failure& failure) { ended.push_back(failure.reason); };
        told.replacement_up = [this](const ChildSaUp&) { ++replacements_up; };
        told.replacement_failed = [this](const Replacement&, const Failure& failure) {
            failed.push_back(failure.reason);
        };
        return told;
    }

    sim::VirtualTime time;
    tests::SeededRandom random{1};
    tests::SeededRandom gateway_random{2};
    Silence log;
    std::uint32_t spi = 0x1000;
    sim::gateway::Gateway gateway{sim::gateway::default_config(), gateway_random};
    bool hears = true;
    int sent = 0;
    int replacements_up = 0;
    std::vector<Reason> ended;
    std::vector<Reason> failed;
    TakePath path{.addresses = {{2},
                                *ike::IpAddress::parse("10.1.0.2"),
                                sim::gateway_address(ike::Family::ipv4)},
                  .interface = "wlan0",
                  .reason = "first-path"};
    SessionHistory history;
    IkeSessions sessions{time, events(), history};
};

}  // namespace

TEST_CASE("a session in use is established, and its end is told after its own output") {
    Line line;
    CHECK(line.sessions.first());
    line.connect();
    CHECK(line.sessions.any());
    CHECK_FALSE(line.sessions.first());
    line.sessions.close_in_use();
    CHECK(line.ended.empty());
    line.pump();
    CHECK(line.ended == std::vector{Reason::closed_by_us});
    CHECK(line.sessions.in_use() != nullptr);  // until it is forgotten
    line.sessions.forget();
    CHECK_FALSE(line.sessions.any());
    CHECK(line.sessions.ike_sa() == nullptr);
}

TEST_CASE("a replacement takes the place of the session in use, which is closed a second later") {
    Line line;
    line.connect();
    const auto before = line.sessions.ike_sa()->spis;
    line.replace();
    REQUIRE(line.replacements_up == 1);
    Replacement taken = line.sessions.use_replacement();
    REQUIRE(taken.connected);
    line.sessions.establish(*taken.connected);
    CHECK(line.sessions.ike_sa()->spis != before);
    CHECK_FALSE(line.sessions.replacement());
    const int sent = line.sent;
    line.sessions.close_after_in_flight(std::move(taken.runner));
    line.pass(999ms);
    CHECK(line.sent == sent);
    line.pass(1ms);
    CHECK(line.sent == sent + 1);
    line.sessions.forget();
    CHECK_FALSE(line.sessions.any());  // the old one has ended, and nobody was told
    CHECK(line.ended.empty());
}

TEST_CASE("nothing in flight is waited for when all are to close now") {
    Line line;
    line.connect();
    line.replace();
    Replacement taken = line.sessions.use_replacement();
    const int sent = line.sent;
    line.sessions.close_after_in_flight(std::move(taken.runner));
    line.sessions.close_now();
    CHECK(line.sent == sent + 1);
}

TEST_CASE("a replacement that is dropped tells the gateway, and the one in use stays") {
    Line line;
    line.connect();
    const auto before = line.sessions.ike_sa()->spis;
    line.replace();
    CHECK(line.sessions.drop_replacement() == line.path);
    line.pump();
    CHECK_FALSE(line.sessions.replacement());
    CHECK(line.sessions.ike_sa()->spis == before);
    CHECK(line.failed.empty());
    CHECK_FALSE(line.sessions.drop_replacement());
}

TEST_CASE("a replacement that nobody answers fails, and the one in use stays") {
    Line line;
    line.connect();
    line.hears = false;
    line.replace();
    line.pass(5min);
    CHECK(line.failed == std::vector{Reason::gateway_unreachable});
    CHECK_FALSE(line.sessions.replacement());
}

TEST_CASE("a parked replacement keeps its IKE SA, and its first Child SA is not told") {
    Line line;
    line.connect();
    line.sessions.replace_by(line.session(), line.path);
    line.sessions.park_replacement();
    line.pump();
    CHECK(line.replacements_up == 0);
    REQUIRE(line.sessions.replacement());
    CHECK(line.sessions.replacement()->connected);
}

TEST_CASE("a replacement is the one in use where the present one ends first") {
    Line line;
    line.connect();
    line.sessions.replace_by(line.session(), line.path);
    line.sessions.forget();
    const Replacement taken = line.sessions.use_replacement();
    CHECK(taken.runner == nullptr);
    CHECK_FALSE(taken.connected);
    line.pump();
    CHECK(line.sessions.ike_sa() != nullptr);
    CHECK(line.failed.empty());
}

TEST_CASE("the counters go on over all sessions") {
    Line line;
    line.connect();
    const auto before = line.sessions.counters();
    line.sessions.forget();
    CHECK(line.sessions.counters() == before);
    line.sessions.forget_others();
    CHECK_FALSE(line.sessions.any());
}
