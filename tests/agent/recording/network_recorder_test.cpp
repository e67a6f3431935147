// SPDX-License-Identifier: Apache-2.0
#include "agent/recording/network_recorder.hpp"

#include "tests/netwatch/values.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace netwatch::values;
using namespace std::chrono_literals;
using netwatch::Snapshot;

namespace {

Snapshot with_container(ike::InterfaceIndex index) {
    Snapshot snapshot = laptop();
    snapshot.links.push_back(link(index, "veth"));
    snapshot.addresses.push_back(address(index, "fe80::1", 64));
    snapshot.routes.push_back(route("fe80::/64", "", index, 256));
    return snapshot;
}

}  // namespace

TEST_CASE("each snapshot that differs is recorded, with its time and generation") {
    NetworkRecorder recorder;
    Snapshot snapshot = laptop();
    recorder.note(snapshot, 1s);
    snapshot.generation = 2;
    recorder.note(snapshot, 2s);
    find(snapshot, wlan0).up = false;
    snapshot.generation = 3;
    recorder.note(snapshot, 3s);
    const auto moments = recorder.moments();
    REQUIRE(moments.size() == 2);
    CHECK(moments[0].snapshot == laptop());
    CHECK(moments[1].time == 3s);
    CHECK(moments[1].snapshot.generation == 3);
}

TEST_CASE("containers that come and go are not recorded") {
    NetworkRecorder recorder;
    for (std::uint32_t number = 10; number < 1000; ++number) {
        recorder.note(with_container({number}), 1s);
    }
    REQUIRE(recorder.moments().size() == 1);
    CHECK(recorder.moments()[0].snapshot == laptop());
}

TEST_CASE("a link that had routes stays while it exists, so that it is known to be down") {
    Snapshot down = laptop();
    find(down, wlan0).up = false;
    std::erase_if(down.routes, [](const auto& route) { return route.out == wlan0; });
    const Snapshot part = recorded_part(down, laptop());
    REQUIRE(part.find_link(wlan0) != nullptr);
    CHECK_FALSE(part.find_link(wlan0)->up);
    CHECK(part == down);
}

TEST_CASE("the oldest go when there are too many, or too large ones") {
    NetworkRecorder recorder;
    Snapshot snapshot = laptop();
    for (std::uint32_t number = 0; number < 1000; ++number) {
        find(snapshot, wlan0).mtu = number;
        snapshot.generation = number;
        recorder.note(snapshot, 1s);
    }
    CHECK(recorder.moments().size() == NetworkRecorder::max_moments);
    CHECK(recorder.moments().back().snapshot.generation == 999);
    for (std::uint32_t number = 0; number < 20000; ++number) {
        snapshot.routes.push_back(route("10.9.0.0/16", "", wlan0, number));
    }
    for (std::uint32_t number = 0; number < 10; ++number) {
        find(snapshot, wlan0).mtu = 2000 + number;
        recorder.note(snapshot, 2s);
    }
    CHECK(recorder.moments().size() == 3);
}
