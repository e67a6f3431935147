// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/states.hpp"

#include "agent/linux/socket_mark.hpp"
#include "tests/agent/child_sa_pair.hpp"

#include <doctest/doctest.h>

using namespace agent::xfrm;
using agent::test::laptops_child_sa;

namespace {

const Owner owner{.reqid = 29281, .if_id = 29281, .hard_age = std::chrono::hours(3)};
const EncapsulatedPath behind_nat{.path = {ike::InterfaceIndex{3},
                                           {*ike::IpAddress::parse("192.168.1.23"), 4501},
                                           {*ike::IpAddress::parse("203.0.113.10"), 4500}},
                                  .udp_encapsulated = true};
const EncapsulatedPath bare{.path = behind_nat.path, .udp_encapsulated = false};

}  // namespace

TEST_CASE("an inbound state is found by our address and SPI, and expects the gateway's port") {
    const auto sa = laptops_child_sa(1, behind_nat.path);
    const State state = inbound_state(sa, behind_nat, owner, unused_window());
    CHECK(state.key == StateKey{behind_nat.path.local.address, sa.inbound.spi});
    CHECK(state.source == behind_nat.path.remote.address);
    CHECK(state.encapsulation == Encapsulation{4500, 4501});
    CHECK(state.replay.bitmap.size() * 32 == 4096);
    CHECK(state.replay_event_after == 1);
    CHECK(state.output_mark == 0);
    CHECK(state.limits.hard_age == std::chrono::hours(3));
    CHECK(state.reqid == owner.reqid);
    CHECK(state.if_id == owner.if_id);
}

TEST_CASE("an outbound state goes on behind what was sent, and its packets bear our mark") {
    const auto sa = laptops_child_sa(1, behind_nat.path);
    const State state = outbound_state(sa, behind_nat, owner, 5000, {.bytes = 9, .packets = 77});
    CHECK(state.key == StateKey{behind_nat.path.remote.address, sa.outbound.spi});
    CHECK(state.encapsulation == Encapsulation{4501, 4500});
    CHECK(state.replay.sent == 5000);
    CHECK(state.usage.packets == 77);
    CHECK(state.output_mark == agent::outer_mark);
    CHECK(state.limits.hard_packets == packet_limit);
    CHECK(state.limits.soft_packets == unlimited);
    CHECK(state.replay_event_after == 0);
    CHECK_FALSE(outbound_state(sa, bare, owner, 0, {}).encapsulation);
}

TEST_CASE("without extended numbers a rekey is due long before they end [RFC 4303 3.3.3]") {
    auto sa = laptops_child_sa(1, behind_nat.path);
    sa.esn = false;
    const std::uint64_t sent = 1'000'000;
    const State state = outbound_state(sa, behind_nat, owner, sent, {.packets = 10});
    const std::uint64_t last = sent + (state.limits.soft_packets - 10);
    CHECK(last == 0xffff'ffffU - (1U << 30U));
    CHECK(
        outbound_state(sa, behind_nat, owner, 0xffff'0000U, {.packets = 10}).limits.soft_packets ==
        10);
}
