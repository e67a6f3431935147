// SPDX-License-Identifier: Apache-2.0
#include "agent/wish/attempt_round.hpp"

#include <doctest/doctest.h>

using namespace agent;
using ike::session::AddressPair;

namespace {

AddressPair path(std::uint32_t interface, const char* gateway) {
    return {ike::InterfaceIndex{interface}, *ike::IpAddress::parse("10.0.0.1"),
            *ike::IpAddress::parse(gateway)};
}

const AddressPair wifi = path(1, "192.0.2.1");
const AddressPair wifi_other_address = path(1, "192.0.2.2");
const AddressPair cellular = path(2, "192.0.2.1");

}  // namespace

TEST_CASE("each network and each address of the gateway has one turn in a round, the best first") {
    AttemptRound round;
    const AttemptRound::Paths all{wifi, wifi_other_address, cellular};
    CHECK(round.take(wifi, all) == wifi);
    CHECK(round.waits(all));
    CHECK(round.take(wifi, all) == wifi_other_address);
    CHECK(round.take(wifi, all) == cellular);
    CHECK_FALSE(round.waits(all));
    CHECK(round.take(wifi, all) == wifi);
    CHECK(round.waits(all));
}

TEST_CASE("a turn is twice as long in each round, up to a bound") {
    AttemptRound round;
    const AttemptRound::Paths all{wifi, cellular};
    for (const auto patience : {5s, 10s, 20s, 40s, 40s}) {
        for (int turn = 0; turn < 2; ++turn) {
            (void)round.take(wifi, all);
            CHECK(round.patience() == patience);
        }
    }
}

TEST_CASE("a network that appears in the midst of a round has its turn in it") {
    AttemptRound round;
    (void)round.take(wifi, {wifi});
    CHECK_FALSE(round.waits({wifi}));
    CHECK(round.waits({wifi, cellular}));
    CHECK(round.take(wifi, {wifi, cellular}) == cellular);
    CHECK(round.patience() == AttemptRound::first_patience);
}

TEST_CASE("after a connection the best path is first again, and turns are short") {
    AttemptRound round;
    for (int turn = 0; turn < 4; ++turn) {
        (void)round.take(wifi, {wifi});
    }
    round.reset();
    CHECK(round.take(wifi, {wifi, cellular}) == wifi);
    CHECK(round.patience() == AttemptRound::first_patience);
}
