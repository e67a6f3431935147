// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"

// A gateway that refuses every rekey: another IKE SA is asked for while this one carries.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::Closed;
using session::Reason;
using session::ReauthenticationDue;
using wire::ExchangeType;
using wire::NotifyType;

namespace {

bool due(const World& world) {
    return world.count<ReauthenticationDue>() == 1;
}

/// From when another IKE SA was asked for to the end, if nobody makes it.
void check_ends_later(World& world, Duration later) {
    const Instant told = world.now();
    REQUIRE(world.run_until([&world] { return world.count<Closed>() == 1; }, 10min));
    CHECK(world.last<Closed>()->failure.reason == Reason::rekey_refused);
    CHECK(world.now() - told >= later - 1s);  // a test carried packets in that
    CHECK(world.now() - told <= later + 3s);
    CHECK(world.count<ReauthenticationDue>() == 1);
    world.run_for(3s);
    CHECK(world.gateway().client() == nullptr);
}

/// CREATE_CHILD_SA gets INVALID_KE_PAYLOAD that names the group which was not tried, for ever.
void name_the_other_group(World& world, crypto::GroupId one, crypto::GroupId other) {
    world.gateway().config().tamper = [&world, one, other](const wire::Header& header,
                                                           gateway::Payloads& payloads) {
        if (!header.response || header.exchange != ExchangeType::create_child_sa) {
            return;
        }
        const auto& asked = world.gateway().transcript().back().payloads;
        const auto* ke = wire::find<wire::KePayload>(asked);
        const bool first = ke != nullptr && ke->group == static_cast<std::uint16_t>(one);
        const auto wanted = static_cast<std::uint16_t>(first ? other : one);
        payloads = {
            gateway::notify(NotifyType::invalid_ke_payload, Writer().u16(wanted).release())};
    };
}

}  // namespace

TEST_CASE("after five refused rekeys another IKE SA is asked for, and this one carries meanwhile") {
    World world;
    connected(world);
    Duration at_most = 5min;
    SUBCASE("of the Child SA") {
        world.gateway().config().refuse.rekey = NotifyType::no_proposal_chosen;
        world.rekey_child();
    }
    SUBCASE("of the Child SA, its selectors") {
        world.gateway().config().refuse.rekey = NotifyType::ts_unacceptable;
        world.rekey_child();
    }
    SUBCASE("of the IKE SA") {
        world.gateway().config().refuse.rekey = NotifyType::no_proposal_chosen;
        world.rekey_ike();
    }
    SUBCASE("by a notify that we do not know") {
        world.gateway().config().refuse.rekey = static_cast<NotifyType>(8192);
        world.rekey_child();
    }
    SUBCASE(
        "for the gateway makes no SA but the first: there is nothing to wait for [RFC7296-1.3]") {
        world.gateway().config().refuse.rekey = NotifyType::no_additional_sas;
        world.rekey_child();
        at_most = 1s;
    }
    SUBCASE("the same of the IKE SA [RFC7296-1.3]") {
        world.gateway().config().refuse.rekey = NotifyType::no_additional_sas;
        world.rekey_ike();
        at_most = 1s;
    }
    REQUIRE(world.run_until([&world] { return due(world); }, at_most));
    CHECK(heard(world, ExchangeType::create_child_sa) <= 5);
    check_carries(world);
    check_ends_later(world, 2min);
}

TEST_CASE("a gateway that relents in time keeps the session") {
    World world;
    connected(world);
    world.gateway().config().refuse.rekey = NotifyType::no_proposal_chosen;
    world.rekey_child();
    REQUIRE(world.run_until([&world] { return due(world); }, 5min));
    world.gateway().config().refuse.rekey.reset();
    world.run_for(10min);
    CHECK(world.count<session::ChildSaRekeyed>() == 1);
    check_settles(world);
    check_carries(world);
    // And it has all the patience again.
    world.gateway().config().refuse.rekey = NotifyType::no_proposal_chosen;
    world.rekey_child();
    world.run_for(3min);
    CHECK(world.count<ReauthenticationDue>() == 1);
}

TEST_CASE("TEMPORARY_FAILURE for several minutes: another IKE SA is asked for [RFC7296-2.25]") {
    World world;
    connected(world);
    world.gateway().config().refuse.rekey = NotifyType::temporary_failure;
    world.rekey_child();
    world.run_for(5min);
    CHECK(world.count<ReauthenticationDue>() == 0);
    REQUIRE(world.run_until([&world] { return due(world); }, 2min));
    check_carries(world);
    check_ends_later(world, 2min);
}

TEST_CASE("INVALID_KE_PAYLOAD back and forth does not go on without end [RFC7296-1.3]") {
    using crypto::GroupId;
    World world({.tune = [](session::SessionConfig& session) {
        session.ike_proposals.front().groups = {GroupId::curve25519, GroupId::ecp_256};
        session.esp_proposals.front().groups = {GroupId::curve25519, GroupId::ecp_256};
    }});
    connected(world);
    name_the_other_group(world, GroupId::curve25519, GroupId::ecp_256);
    SUBCASE("for a Child SA") {
        world.rekey_child();
    }
    SUBCASE("for the IKE SA") {
        world.rekey_ike();
    }
    world.run_for(10s);
    CHECK(heard(world, ExchangeType::create_child_sa) == 2);  // one with each group
    REQUIRE(world.run_until([&world] { return due(world); }, 5min));
    CHECK(heard(world, ExchangeType::create_child_sa) == 10);
    CHECK(world.connected());
}

TEST_CASE("closing while INVALID_KE_PAYLOAD is on its way: no other group is tried") {
    using crypto::GroupId;
    World world({.tune = [](session::SessionConfig& session) {
        session.ike_proposals.front().groups = {GroupId::curve25519, GroupId::ecp_256};
        session.esp_proposals.front().groups = {GroupId::curve25519, GroupId::ecp_256};
    }});
    connected(world);
    name_the_other_group(world, GroupId::curve25519, GroupId::ecp_256);
    SUBCASE("for a Child SA") {
        world.rekey_child();
    }
    SUBCASE("for the IKE SA") {
        world.rekey_ike();
    }
    const Instant begun = world.now();
    world.close();
    REQUIRE(world.run_until([&world] { return world.count<Closed>() == 1; }, 5s));
    CHECK(heard(world, ExchangeType::create_child_sa) == 1);
    CHECK(world.now() - begun == 40ms);
}

TEST_CASE(
    "without a Child SA that the gateway accepts another IKE SA is asked for within seconds") {
    World world;
    connected(world);
    Duration at_most = 15s;
    SUBCASE("refused") {
        world.gateway().config().refuse.rekey = NotifyType::ts_unacceptable;
    }
    SUBCASE("refused, as it makes one only") {
        world.gateway().config().refuse.rekey = NotifyType::no_additional_sas;
    }
    SUBCASE("busy for ever [RFC7296-2.25]") {
        world.gateway().config().refuse.rekey = NotifyType::temporary_failure;
        at_most = 45s;
    }
    world.wish(gateway::DeleteChildWish{world.gateway().sending_child()->inbound});
    REQUIRE(world.run_until([&world] { return due(world); }, at_most));
    CHECK(world.connected());
    check_ends_later(world, 10s);
}

TEST_CASE("CHILD_SA_NOT_FOUND to each rekey leads to a new Child SA each time [RFC7296-2.25]") {
    World world;
    connected(world);
    world.gateway().config().tamper = [&world](const wire::Header& header,
                                               gateway::Payloads& payloads) {
        const auto& asked = world.gateway().transcript().back().payloads;
        const auto* rekey = wire::find_notify(asked, NotifyType::rekey_sa);
        if (header.response && rekey != nullptr) {
            payloads = {wire::child_sa_notify(NotifyType::child_sa_not_found,
                                              wire::child_spi(*rekey).value())};
        }
    };
    for (std::size_t round = 1; round <= 8; ++round) {
        world.rekey_child();
        world.run_for(5s);
        CHECK(world.count<session::ChildSaUp>() == 1 + round);
        CHECK(world.plane().installed().size() == 1);
    }
    CHECK(world.connected());
    CHECK(world.count<ReauthenticationDue>() == 0);
}
