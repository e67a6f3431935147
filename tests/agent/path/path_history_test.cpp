// SPDX-License-Identifier: Apache-2.0
#include "agent/path/path_history.hpp"

#include <doctest/doctest.h>

using agent::PathHistory;
using ike::session::AddressPair;
using namespace std::chrono_literals;

namespace {

constexpr ike::InterfaceIndex wlan{3};
constexpr ike::Instant start{1000s};

AddressPair by_wlan(const char* local) {
    return {wlan, *ike::IpAddress::parse(local), *ike::IpAddress::parse("2001:db8::1")};
}
const AddressPair old_prefix = by_wlan("2001:db8:1::23");
const AddressPair new_prefix = by_wlan("2001:db8:11::23");
const AddressPair elsewhere{{4}, old_prefix.local, old_prefix.remote};

bool avoids(const PathHistory& history, ike::Instant now) {
    return history.avoided(now) == std::vector{wlan};
}

}  // namespace

TEST_CASE(
    "an uplink that carried nothing is avoided, each time twice as long, five minutes at most") {
    PathHistory history(5s);
    ike::Instant now = start;
    for (const auto wait : {10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
        history.died(old_prefix, now);
        CHECK(history.next(now) == now + wait);
        CHECK(avoids(history, now + wait - 1ms));
        now += wait;
        CHECK(history.avoided(now).empty());
        CHECK_FALSE(history.next(now));
    }
    now += 5min;
    history.died(old_prefix, now);
    CHECK(history.next(now) == now + 10s);
}

TEST_CASE("an uplink that was made anew is not judged by what it was") {
    PathHistory history(5s);
    history.died(old_prefix, start);
    history.renewed(wlan);
    CHECK(history.avoided(start).empty());
    history.died(old_prefix, start + 1s);
    CHECK(history.next(start + 1s) == start + 11s);
}

TEST_CASE(
    "an uplink that vanishes now and then is used at once, one that flaps has to stay first") {
    PathHistory history(5s);
    for (const auto when : {0s, 20s, 40s, 60s, 80s}) {
        history.vanished(wlan, start + when);
        CHECK(history.avoided(start + when).empty());
    }
    ike::Instant now = start + 1h;
    for (int flaps = 0; flaps < 3; ++flaps) {
        history.vanished(wlan, now);
        CHECK(history.avoided(now).empty());
        now += 1s;
    }
    for (const auto dwell : {5s, 10s, 20s, 20s}) {
        history.vanished(wlan, now);
        history.renewed(wlan);
        CHECK(history.next(now) == now + dwell);
        now += 1s;
    }
    history.vanished(wlan, now + 1min);
    CHECK(history.avoided(now + 1min).empty());
}

TEST_CASE(
    "a path that carried nothing is suspected, and its device avoided unless it carries by another "
    "address") {
    PathHistory history(5s);
    history.died_alone(old_prefix, start);
    CHECK(history.avoided(start).empty());
    CHECK(history.suspected(start) == std::vector{old_prefix});
    history.died(new_prefix, start);
    CHECK(avoids(history, start));
    CHECK(history.suspected(start) == std::vector{old_prefix, new_prefix});
}

TEST_CASE(
    "a suspected path stays behind the other addresses until five minutes after it may be tried "
    "again") {
    PathHistory history(5s);
    history.died_alone(old_prefix, start);
    CHECK(history.suspected(start + 10s + 5min - 1ms) == std::vector{old_prefix});
    CHECK(history.suspected(start + 10s + 5min).empty());
}

TEST_CASE(
    "an address that went and came back is suspected no longer, and its history takes no memory") {
    PathHistory history(5s);
    history.died_alone(old_prefix, start);
    history.note_paths({old_prefix, new_prefix}, {new_prefix}, start);
    history.note_paths({new_prefix}, {old_prefix, new_prefix}, start);
    CHECK(history.suspected(start).empty());
}

TEST_CASE(
    "a device that carried nothing is tried at once when it gets another address, by that one "
    "first") {
    PathHistory history(5s);
    history.died(old_prefix, start);
    REQUIRE(avoids(history, start));
    history.note_paths({old_prefix, elsewhere}, {old_prefix, new_prefix, elsewhere}, start);
    CHECK(history.avoided(start).empty());
    CHECK(history.suspected(start) == std::vector{old_prefix});
}

TEST_CASE("a device that vanishes with all its addresses flaps once") {
    PathHistory history(5s);
    for (int flaps = 0; flaps < 3; ++flaps) {
        history.note_paths({old_prefix, new_prefix}, {}, start);
    }
    CHECK(history.avoided(start).empty());
    history.note_paths({old_prefix, new_prefix}, {}, start);
    CHECK(avoids(history, start));
}
