// SPDX-License-Identifier: Apache-2.0
// XFRM_MSG_MIGRATE_STATE, on kernels that know it.
#include "agent/dataplane/xfrm/capabilities.hpp"
#include "tests/agent/dataplane/xfrm/esp_keys.hpp"

#include <doctest/doctest.h>

#include <sys/utsname.h>

#include <cerrno>
#include <cstdio>
#include <numeric>

using namespace agent::xfrm;
using namespace agent::test;

namespace {

bool is_linux_7_2_or_later() {
    utsname name{};
    unsigned major = 0;
    unsigned minor = 0;
    REQUIRE(uname(&name) == 0);
    REQUIRE(std::sscanf(name.release, "%u.%u", &major, &minor) == 2);
    return std::pair(major, minor) >= std::pair(7U, 2U);
}

/// A machine whose kernel moves states; false, with a message, where there is none.
struct MovingMachine : EspMachine {
    explicit operator bool() {
        if (!EspMachine::operator bool()) {
            return false;
        }
        if (!migrates_states(kernel())) {
            MESSAGE("skipped: this kernel has no XFRM_MSG_MIGRATE_STATE");
            return false;
        }
        return true;
    }
};

}  // namespace

TEST_CASE("whether the kernel moves states in one step is found out without one") {
    EspMachine machine;
    if (machine) {
        CHECK(migrates_states(machine.kernel()) == is_linux_7_2_or_later());
        CHECK(machine.kernel().states()->empty());
    }
}

TEST_CASE("a moved outbound state goes on with the next number, in UDP or bare") {
    MovingMachine machine;
    if (!machine) {
        return;
    }
    machine.add_policies();
    const Keys keys(gcm);
    State state = outbound(keys);
    state.limits.hard_packets = 1000;
    machine.request(new_state(state));
    CHECK(machine.send());
    CHECK(machine.send());

    State moved = state;
    moved.encapsulation = {4500, 4500};
    machine.request(migrate_state(state.key, moved));
    CHECK(machine.send());
    const StateInfo in_udp = machine.state(moved.key);
    CHECK(in_udp.encapsulation == Encapsulation{4500, 4500});
    CHECK(in_udp.replay.sent == 3);
    CHECK(in_udp.usage.packets == 3);
    moved.encapsulation.reset();
    machine.request(migrate_state(moved.key, moved));
    CHECK(machine.send());
    CHECK_FALSE(machine.state(moved.key).encapsulation);

    const auto sent = machine.sent();
    REQUIRE(sent.size() == 4);
    for (std::uint32_t number = 1; number <= 4; ++number) {
        CHECK(sequence_of(sent[number - 1]) == number);
        CHECK(sent[number - 1].encapsulation.has_value() == (number == 3));
    }
}

TEST_CASE("a moved state keeps its window, its marks and its interface, in the other family") {
    MovingMachine machine;
    if (!machine) {
        return;
    }
    const Keys keys(gcm);
    State state = inbound(keys);
    state.if_id = 7;
    state.output_mark = 0x726f616d;
    state.replay.received = 0x3'0000'1004;
    std::iota(state.replay.bitmap.begin(), state.replay.bitmap.end(), 0xffff0000U);
    machine.request(new_state(state));
    State moved = state;
    moved.key.destination = address("2001:db8::1");
    moved.source = address("2001:db8:9::9");
    machine.request(migrate_state(state.key, moved));
    const StateInfo info = machine.state(moved.key);
    CHECK(info.source == moved.source);
    CHECK(info.if_id == 7);
    CHECK(info.reqid == reqid);
    CHECK(info.esn);
    CHECK(info.replay == state.replay);
    CHECK(machine.kernel().states()->size() == 1);
}

TEST_CASE("a move of a state that is not there, or to where one is, is refused") {
    MovingMachine machine;
    if (!machine) {
        return;
    }
    const Keys keys(gcm);
    const State one = inbound(keys);
    const State other = inbound(keys, "198.51.100.1");
    const auto nowhere = machine.kernel().request(migrate_state(one.key, other));
    REQUIRE_FALSE(nowhere.ok());
    CHECK(nowhere.error().code == ESRCH);
    machine.request(new_state(one));
    machine.request(new_state(other));
    const auto occupied = machine.kernel().request(migrate_state(one.key, other));
    REQUIRE_FALSE(occupied.ok());
    CHECK(occupied.error().code == EEXIST);
    CHECK(machine.kernel().states()->size() == 2);
}
