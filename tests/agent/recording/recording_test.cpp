// SPDX-License-Identifier: Apache-2.0
#include "agent/recording/recording.hpp"

#include "tests/agent/two_moments.hpp"

#include <doctest/doctest.h>

using namespace agent;
using agent_test::two_moments;

namespace {

std::string fault_of(const std::string& text) {
    const auto parsed = parse_recording(text);
    return parsed ? "" : parsed.error().text();
}

/// The text of a recording with the first `from` in it replaced.
std::string fault_with(const std::string& from, const std::string& to) {
    std::string text = recording_text(two_moments());
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return fault_of(text.replace(at, from.size(), to));
}

}  // namespace

TEST_CASE("what is written as a recording is read as the same") {
    const Recording recording = two_moments();
    const auto parsed = parse_recording(recording_text(recording));
    REQUIRE(parsed);
    CHECK(*parsed == recording);
    CHECK(parsed->moments[1].snapshot.managed.devices[0].access_point->strength == 15);
}

TEST_CASE("a recording is one line for the tunnels and one for each snapshot") {
    const std::string text = recording_text(two_moments());
    CHECK(std::count(text.begin(), text.end(), '\n') == 3);
    CHECK(text.starts_with("{\"roamd_recording\":1,\"tunnels\":[{\"name\":\"home\","));
    CHECK(parse_recording(recording_text({}))->moments.empty());
}

TEST_CASE("a fault is told with its line and its key") {
    CHECK(fault_of("").starts_with("line 1: "));
    CHECK(fault_of("{}") == "line 1: roamd_recording: is missing");
    CHECK(fault_of("[]") == "line 1: is a list in place of an object");
    CHECK(fault_with("\"roamd_recording\":1", "\"roamd_recording\":2") ==
          "line 1: roamd_recording: is another version than 1");
    CHECK(fault_with("\"gateways\":[", "\"gateways\":[\"vpn\",") ==
          "line 1: tunnels[0].gateways: has what is no address");
    CHECK(fault_with("\"to\":\"0.0.0.0/0\"", "\"to\":\"0.0.0.1/0\"") ==
          "line 2: routes[0].to: is no prefix");
    CHECK(fault_with("\"metric\":600", "\"metric\":4294967296") ==
          "line 2: routes[0].metric: is no whole number from 0 to 4294967295");
    CHECK(fault_with("\"metric\":600", "\"metric\":-1").starts_with("line 2: routes[0].metric: "));
    CHECK(fault_with("\"metric\":600", "\"metric\":1.5").starts_with("line 2: routes[0].metric: "));
    CHECK(
        fault_with("\"up\",\"running\"", "\"up\",\"up\"").starts_with("line 2: links[0].flags: "));
    CHECK(fault_with("\"up\",\"running\"", "\"up\",\"fast\"")
              .starts_with("line 2: links[0].flags: "));
    CHECK(fault_with("\"wifi\"", "\"wire\"") ==
          "line 3: network_manager.devices[0].type: is no such word: wire");
}

TEST_CASE("a key that is missing, unknown or twice there is a fault") {
    CHECK(fault_with("\"mtu\":1500,", "") == "line 2: links[0].mtu: is missing");
    CHECK(fault_with("\"mtu\":1500", "\"mtu\":1500,\"colour\":1") ==
          "line 2: links[0].colour: is no key here");
    CHECK(fault_with("\"mtu\":1500", "\"mtu\":1500,\"mtu\":1500") ==
          "line 2: links[0].mtu: is there twice");
}

TEST_CASE("times that go back, and generations that do not grow, are faults") {
    CHECK(fault_with("\"time_us\":3000000", "\"time_us\":999999") ==
          "line 3: time_us: is before that of the line before");
    CHECK(fault_with("\"generation\":8", "\"generation\":7") ==
          "line 3: generation: does not grow");
}

TEST_CASE("one link twice in a snapshot is a fault") {
    CHECK(fault_with("\"index\":3", "\"index\":2") == "line 2: links: has one index twice");
}

TEST_CASE("more snapshots than a daemon hands out are refused") {
    Recording recording = two_moments();
    recording.moments.resize(1);
    for (std::uint64_t number = 0; number < max_recorded_moments; ++number) {
        recording.moments.push_back(recording.moments.front());
        recording.moments.back().snapshot.generation = 100 + number;
    }
    CHECK(fault_of(recording_text(recording)) == "line 4098: is one snapshot more than are taken");
}

TEST_CASE("names that are no UTF-8 are written as text all the same") {
    Recording recording = two_moments();
    recording.moments[0].snapshot.links[0].name = "wlan\xff";
    const auto parsed = parse_recording(recording_text(recording));
    REQUIRE(parsed);
    CHECK(parsed->moments[0].snapshot.links[0].name == "wlan\xef\xbf\xbd");
}
