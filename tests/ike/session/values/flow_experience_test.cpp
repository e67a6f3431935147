// SPDX-License-Identifier: Apache-2.0
#include "ike/session/values/flow_experience.hpp"

#include <doctest/doctest.h>

using ike::session::AddressPair;
using ike::session::FlowExperience;

namespace {

AddressPair path(unsigned number) {
    return {ike::InterfaceIndex{3}, *ike::IpAddress::parse("10.1.0." + std::to_string(number)),
            *ike::IpAddress::parse("192.0.2.1")};
}

}  // namespace

TEST_CASE("a path that swallows bare ESP is remembered, and others are not touched") {
    FlowExperience experience;
    CHECK(experience.may_try_udp(path(2)));
    experience.try_udp(path(2));
    experience.came_in(path(2), true);
    CHECK(experience.wants_udp(path(2)));
    CHECK_FALSE(experience.wants_udp(path(3)));
    experience.reconnected(path(2));
    CHECK(experience.wants_udp(path(2)));
}

TEST_CASE("a path by which bare ESP comes in needs no UDP") {
    FlowExperience experience;
    experience.try_udp(path(2));
    experience.came_in(path(2), false);
    CHECK_FALSE(experience.wants_udp(path(2)));
    CHECK(experience.may_try_udp(path(2)));
}

TEST_CASE("a form of ESP that a whole IKE SA did not get through in gives way to the other one") {
    FlowExperience experience;
    experience.try_udp(path(2));
    experience.reconnected(path(2));
    CHECK(experience.wants_udp(path(2)));  // the update alone may not have been enough
    experience.reconnected(path(2));
    CHECK_FALSE(experience.wants_udp(path(2)));
    CHECK_FALSE(experience.may_try_udp(path(2)));
    experience.reconnected(path(2));
    CHECK(experience.wants_udp(path(2)));
    CHECK(experience.reconnections() == 3);
    experience.came_in(path(2), true);
    CHECK(experience.reconnections() == 0);
}

TEST_CASE("a gateway that refuses UDP is not asked for it again") {
    FlowExperience experience;
    experience.try_udp(path(2));
    experience.udp_refused(path(2));
    CHECK_FALSE(experience.wants_udp(path(2)));
    CHECK_FALSE(experience.may_try_udp(path(2)));
}

TEST_CASE("of many paths the oldest are forgotten") {
    FlowExperience experience;
    for (unsigned number = 1; number <= 100; ++number) {
        experience.try_udp(path(number));
    }
    CHECK_FALSE(experience.wants_udp(path(84)));
    CHECK(experience.wants_udp(path(85)));
}
