// SPDX-License-Identifier: Apache-2.0
#include "tests/agent/dataplane/xfrm/esp_keys.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <numeric>

using namespace agent::xfrm;
using namespace agent::test;

TEST_CASE("a state reads back as it was added, with a window of 4096 packets") {
    EspMachine machine;
    if (!machine) {
        return;
    }
    const Keys keys(gcm);
    State state = inbound(keys);
    state.encapsulation = {4500, 4501};
    state.if_id = 7;
    state.output_mark = 0x726f616d;
    state.replay.sent = 0x1'0000'0002;
    state.replay.received = 0x3'0000'1004;
    std::iota(state.replay.bitmap.begin(), state.replay.bitmap.end(), 0xffff0000U);
    state.usage = {.bytes = 1000, .packets = 10, .added = 1700000000, .used = 1700000001};
    machine.request(new_state(state));
    const StateInfo expected{.key = state.key,
                             .source = state.source,
                             .reqid = reqid,
                             .if_id = 7,
                             .encapsulation = state.encapsulation,
                             .esn = true,
                             .replay = state.replay,
                             .usage = state.usage};
    CHECK(machine.state(state.key) == expected);
    CHECK(*machine.kernel().states() == std::vector{expected});
}

TEST_CASE("one batch takes a state away and puts another with its SPI in its place") {
    EspMachine machine;
    if (!machine) {
        return;
    }
    machine.add_policies();
    const Keys keys(gcm);
    machine.request(new_state(outbound(keys)));
    CHECK(machine.send());

    State next = outbound(keys);
    next.encapsulation = {4500, 4500};
    next.replay.sent = 100;
    std::vector<Message> messages;
    messages.push_back(delete_state(next.key));
    messages.push_back(new_state(next));
    for (const auto& outcome : machine.kernel().batch(messages)) {
        CHECK(outcome.ok());
    }
    CHECK(machine.send());
    const auto sent = machine.sent();
    REQUIRE(sent.size() == 2);
    CHECK(sequence_of(sent[0]) == 1);
    CHECK_FALSE(sent[0].encapsulation);
    CHECK(sequence_of(sent[1]) == 101);
    CHECK(sent[1].encapsulation == Encapsulation{4500, 4500});
    CHECK(machine.state(next.key).replay.sent == 101);
}

TEST_CASE("a removed state tells its last counters") {
    EspMachine machine;
    if (!machine) {
        return;
    }
    machine.add_policies();
    const Keys keys(gcm);
    machine.request(new_state(outbound(keys)));
    for (int packet = 0; packet < 7; ++packet) {
        CHECK(machine.send());
    }
    const StateInfo before = machine.state(outbound(keys).key);
    const auto removed = machine.kernel().remove_state(before.key);
    REQUIRE(removed.ok());
    CHECK(*removed == before);
    CHECK(removed->replay.sent == 7);
    CHECK(removed->usage.packets == 7);
    const auto again = machine.kernel().remove_state(before.key);
    REQUIRE_FALSE(again.ok());
    CHECK(again.error().code == ESRCH);
    CHECK(machine.kernel().states()->empty());
}

TEST_CASE("an update changes the ports of an encapsulation, but not whether there is one") {
    EspMachine machine;
    if (!machine) {
        return;
    }
    machine.add_policies();
    const Keys keys(gcm);
    State state = outbound(keys);
    state.encapsulation = {4500, 4500};
    machine.request(new_state(state));
    CHECK(machine.send());
    state.encapsulation = {4501, 4502};
    state.limits.hard_packets = 3;
    state.replay.sent = 77;  // is not taken
    machine.request(update_state(state));
    for (int packet = 0; packet < 5; ++packet) {
        machine.send();
    }
    const auto sent = machine.sent();
    REQUIRE(sent.size() == 3);
    CHECK(sent[0].encapsulation == Encapsulation{4500, 4500});
    CHECK(sent[2].encapsulation == Encapsulation{4501, 4502});
    CHECK(sequence_of(sent[2]) == 3);

    State plain = inbound(keys);
    machine.request(new_state(plain));
    plain.encapsulation = {4500, 4500};
    const auto switched_on = machine.kernel().request(update_state(plain));
    REQUIRE_FALSE(switched_on.ok());
    CHECK(switched_on.error().code == EINVAL);
}

TEST_CASE("an SPI that the kernel chose waits for its state, and is given back") {
    EspMachine machine;
    if (!machine) {
        return;
    }
    const SpiRequest request{.destination = address("192.0.2.1"),
                             .source = address("203.0.113.9"),
                             .reqid = reqid,
                             .first = {0xc0000000},
                             .last = {0xcfffffff}};
    const auto first = machine.kernel().allocate_spi(request);
    const auto second = machine.kernel().allocate_spi(request);
    REQUIRE(first.ok());
    REQUIRE(second.ok());
    CHECK(*first != *second);
    CHECK(first->value >= 0xc0000000);
    CHECK(first->value <= 0xcfffffff);
    CHECK(machine.kernel().states()->size() == 2);

    Keys keys(gcm);
    State state = inbound(keys);
    state.key.spi = *first;
    const auto in_the_way = machine.kernel().request(new_state(state));
    REQUIRE_FALSE(in_the_way.ok());
    CHECK(in_the_way.error().code == EEXIST);
    machine.request(update_state(state));
    CHECK(machine.state(state.key).replay == state.replay);
    machine.request(delete_state({state.key.destination, *second}));
    CHECK(machine.kernel().states()->size() == 1);

    const auto of_nobody = machine.kernel().request(update_state(inbound(keys)));
    REQUIRE_FALSE(of_nobody.ok());
    CHECK(of_nobody.error().code == ESRCH);
}

TEST_CASE("an SPI for another address than it was chosen for is there twice") {
    EspMachine machine;
    if (!machine) {
        return;
    }
    const auto spi = machine.kernel().allocate_spi(
        {.destination = address("192.0.2.1"), .source = address("203.0.113.9"), .reqid = reqid});
    REQUIRE(spi.ok());
    const Keys keys(gcm);
    State moved = inbound(keys, "198.51.100.1");
    moved.key.spi = *spi;
    machine.request(new_state(moved));
    CHECK(machine.kernel().states()->size() == 2);
    machine.request(delete_state({address("192.0.2.1"), *spi}));
    CHECK(machine.state(moved.key).key == moved.key);
}
