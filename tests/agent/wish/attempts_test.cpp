// SPDX-License-Identifier: Apache-2.0
#include "agent/wish/attempts.hpp"

#include "tests/sim/laptop/virtual_time.hpp"

#include <doctest/doctest.h>

using namespace agent;
using ike::session::AddressPair;
using ike::session::Reason;

namespace {

const AddressPair by_wlan0{
    {2}, *ike::IpAddress::parse("10.1.0.2"), *ike::IpAddress::parse("192.0.2.1")};
const AddressPair by_wwan0{
    {3}, *ike::IpAddress::parse("10.2.0.2"), *ike::IpAddress::parse("192.0.2.1")};
const Attempts::Paths one{by_wlan0};
const Attempts::Paths two{by_wlan0, by_wwan0};

/// The attempts of a tunnel whose session never ends by itself.
struct Waiting {
    void begin(const Attempts::Paths& all, bool one_shot = false) {
        attempts.begin("wlan0", "192.0.2.1");
        attempts.take_turn(all.front(), all);
        attempts.limit_turn(all, one_shot);
    }
    void pass(ike::Duration duration) {
        const ike::Instant until = time.now() + duration;
        while (time.next() && *time.next() <= until) {
            time.advance_to(*time.next());
            time.run_one();
        }
        time.advance_to(until);
    }

    sim::VirtualTime time;
    int retries = 0;
    int turns_over = 0;
    Attempts attempts{time, [this] { ++retries; }, [this] { ++turns_over; }};
};

TunnelError error(bool needs_person) {
    return {"gateway-unreachable", "nobody answers", "", needs_person};
}

}  // namespace

TEST_CASE("a turn is limited while another path waits, and not for an only path") {
    Waiting tunnel;
    tunnel.begin(one);
    tunnel.pass(1min);
    CHECK(tunnel.turns_over == 0);
    CHECK(tunnel.attempts.another_waits(two));
    tunnel.begin(two);
    CHECK_FALSE(tunnel.attempts.another_waits(two));
    tunnel.pass(5s);
    CHECK(tunnel.turns_over == 1);
    const auto failure = tunnel.attempts.on_turn_end(two, true, false);
    REQUIRE(failure);
    CHECK(failure->reason == Reason::gateway_unreachable);
    CHECK(failure->detail == "no connection within 5000ms");
}

TEST_CASE("a turn goes on three times as long where something was received, once") {
    Waiting tunnel;
    tunnel.begin(two);
    tunnel.attempts.heard();
    tunnel.pass(5s);
    CHECK_FALSE(tunnel.attempts.on_turn_end(two, true, false));
    tunnel.pass(10s);
    CHECK(tunnel.turns_over == 2);
    CHECK(tunnel.attempts.on_turn_end(two, true, false));
}

TEST_CASE("a turn without a network does not count") {
    Waiting tunnel;
    tunnel.begin(two);
    tunnel.pass(5s);
    CHECK_FALSE(tunnel.attempts.on_turn_end(two, false, false));
    tunnel.pass(5s);
    CHECK(tunnel.turns_over == 2);
}

TEST_CASE(
    "a one-shot run ends 12 s after an answer that nobody has authenticated, for its reason") {
    Waiting tunnel;
    tunnel.begin(one, true);
    tunnel.attempts.hint({.reason = Reason::no_proposal_chosen, .detail = "none fits"}, true);
    tunnel.pass(11s);
    CHECK(tunnel.turns_over == 0);
    tunnel.pass(1s);
    const auto failure = tunnel.attempts.on_turn_end(one, true, true);
    REQUIRE(failure);
    CHECK(failure->unconfirmed == Reason::no_proposal_chosen);
    CHECK(failure->detail == "unconfirmed, anybody may have sent it: none fits");
}

TEST_CASE("such an answer does not shorten the turn of a wish that stands") {
    Waiting tunnel;
    tunnel.begin(one);
    tunnel.attempts.hint({.reason = Reason::no_proposal_chosen, .detail = ""}, false);
    tunnel.pass(1min);
    CHECK(tunnel.turns_over == 0);
}

TEST_CASE("the next attempt is due after its delay, and its time is told meanwhile") {
    Waiting tunnel;
    tunnel.attempts.wait(2s);
    CHECK(tunnel.attempts.next() == tunnel.time.monotonic() + 2s);
    tunnel.pass(2s);
    CHECK(tunnel.retries == 1);
    tunnel.attempts.wait(2s);
    tunnel.attempts.stop_waiting();
    CHECK_FALSE(tunnel.attempts.next());
    tunnel.pass(1min);
    CHECK(tunnel.retries == 1);
}

TEST_CASE("delays grow with each failure, and a stop begins them anew") {
    Waiting tunnel;
    const auto first = tunnel.attempts.retry_after(error(false), 0.5);
    const auto second = tunnel.attempts.retry_after(error(true), 0.5);
    CHECK(first.delay < second.delay);
    CHECK(second.needs_person);
    tunnel.attempts.stop();
    CHECK(tunnel.attempts.retry_after(error(false), 0.5) == first);
}

TEST_CASE("a connection ends the attempt, and nothing is due any more") {
    Waiting tunnel;
    tunnel.begin(two);
    CHECK(tunnel.attempts.under_way());
    tunnel.attempts.connected();
    CHECK_FALSE(tunnel.attempts.under_way());
    CHECK_FALSE(tunnel.attempts.had_turn(by_wlan0));
    tunnel.pass(1min);
    CHECK(tunnel.turns_over == 0);
    CHECK(tunnel.attempts.log().back().result == attempt_connected);
}
