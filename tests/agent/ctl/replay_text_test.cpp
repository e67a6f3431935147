// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/replay_text.hpp"

#include "tests/netwatch/values.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace agent::ctl;
using namespace netwatch::values;
using namespace std::chrono_literals;
using ike::session::AddressPair;
using ike::session::MoveKind;

namespace {

const AddressPair by_wifi{wlan0, ip("10.1.0.2"), ip("192.0.2.1")};
const AddressPair by_cellular{wwan0, ip("10.2.0.2"), ip("192.0.2.1")};

ReplayStep step(PathChoice choice) {
    return {.time = 2500ms,
            .generation = 7,
            .before = by_wifi,
            .interface_before = "wlan0",
            .choice = std::move(choice)};
}

TakePath to_cellular(MoveKind kind, const char* reason) {
    return {.addresses = by_cellular, .interface = "wwan0", .kind = kind, .reason = reason};
}

}  // namespace

TEST_CASE("a decision is told in a sentence") {
    CHECK(decision_text(step(KeepPath{})) == "stays on wlan0");
    CHECK(decision_text(step(to_cellular(MoveKind::forced, "link-down"))) ==
          "leaves wlan0 at once for wwan0, 10.2.0.2 -> 192.0.2.1: wlan0 was taken down");
    CHECK(decision_text(step(to_cellular(MoveKind::preferred, "weak-signal"))) ==
          "goes from wlan0, which still works, to wwan0, 10.2.0.2 -> 192.0.2.1: the signal of "
          "wlan0 was weak; wwan0 does not depend on it");
    CHECK(decision_text(step(HoldPath{"link-down"})) == "holds: wlan0 was taken down");
    CHECK(decision_text(step(HoldPath{"portal"})) ==
          "holds: there is a captive portal on all there is");
    ReplayStep first = step(to_cellular(MoveKind::forced, "first-path"));
    first.before.reset();
    CHECK(decision_text(first) == "takes wwan0, 10.2.0.2 -> 192.0.2.1");
    first.choice = HoldPath{"no-path"};
    CHECK(decision_text(first) == "waits: no network leads to the gateway");
}

TEST_CASE("a replay is a table for people, times from the first snapshot on") {
    ReplayStep later = step(to_cellular(MoveKind::forced, "link-down"));
    later.time = 4s;
    later.waited = true;
    RecordedTunnel tunnel;
    tunnel.name = "home";
    CHECK(replay_text({{tunnel, {step(KeepPath{}), later}}}) ==
          "home\n"
          "TIME      SNAPSHOT  DECISION\n"
          "0.0000 s  7         stays on wlan0\n"
          "1.5000 s  7, later  leaves wlan0 at once for wwan0, 10.2.0.2 -> 192.0.2.1: wlan0 was "
          "taken down\n");
}

TEST_CASE("a replay is a list for programs") {
    RecordedTunnel tunnel;
    tunnel.name = "home";
    const std::string json =
        replay_json({{tunnel, {step(to_cellular(MoveKind::forced, "link-down"))}}});
    for (const char* part :
         {"\"tunnel\": \"home\"", "\"time_us\": 2500000", "\"generation\": 7",
          "\"decision\": \"move\"", "\"kind\": \"forced\"", "\"reason\": \"link-down\"",
          "\"interface\": \"wwan0\"", "\"local\": \"10.2.0.2\"", "\"remote\": \"192.0.2.1\""}) {
        CHECK_MESSAGE(json.find(part) != std::string::npos, part);
    }
    CHECK(replay_json({}) == "[]");
}
