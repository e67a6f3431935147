// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/authentic.hpp"

#include <algorithm>

// A request of the gateway that collides with ours: RFC 7296 2.25.1, 2.25.2.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::ChildSaDown;
using session::Closed;
using session::IkeSaRekeyed;
using session::Reason;
using wire::ExchangeType;
using wire::NotifyType;

namespace {

gateway::Payloads new_child(const World& world) {
    gateway::Payloads payloads = rekey_of_child(world, {});
    payloads.erase(payloads.begin());
    return payloads;
}

gateway::Payloads rekey_of_ike(World& world) {
    const crypto::IkeSuite& suite = world.gateway().ike_sa()->suite;
    const auto own = crypto::KeyExchange::generate(suite.group, world.dice());
    return {gateway::offer_ike(suite, Bytes(8, 7)), wire::NoncePayload{Bytes(32, 1)},
            wire::KePayload{static_cast<std::uint16_t>(suite.group), own->public_value()}};
}

gateway::Payloads deletion(std::vector<ChildSpi> spis) {
    return {wire::DeletePayload{wire::ProtocolId::esp, std::move(spis)}};
}

gateway::Payloads ike_deletion() {
    return {wire::DeletePayload{wire::ProtocolId::ike, {}}};
}

std::size_t deletes_in(const gateway::Payloads& answer) {
    return wire::find_all<wire::DeletePayload>(answer).size();
}

/// Connected, and nothing that we ask from now on arrives.
World& cut_off(World& world) {
    connected(world);
    lose_everything(world, wlan0);
    return world;
}

/// A request of ours that the gateway has not heard of yet.
void begin(World& world, std::string_view what) {
    if (what == "rekey of the Child SA") {
        world.rekey_child();
    } else if (what == "rekey of the IKE SA") {
        world.rekey_ike();
    } else {
        world.close();
    }
}

}  // namespace

TEST_CASE("while we rekey the IKE SA no Child SA is rekeyed: TEMPORARY_FAILURE [RFC7296-2.25.2]") {
    World world;
    cut_off(world);
    world.rekey_ike();
    CHECK(says(
        answer_to(world, ExchangeType::create_child_sa, rekey_of_child(world, gateways_spi(world))),
        NotifyType::temporary_failure));
    CHECK(world.count<session::ChildSaRekeyed>() == 0);
}

TEST_CASE("a Child SA of the gateway's own wish is never made: NO_ADDITIONAL_SAS [RFC7296-1.3]") {
    World world;
    cut_off(world);
    gateway::Payloads request = new_child(world);
    SUBCASE("whole") {}
    SUBCASE("without a single payload") {
        request.clear();
    }
    SUBCASE("while we rekey the IKE SA") {
        world.rekey_ike();
    }
    CHECK(says(answer_to(world, ExchangeType::create_child_sa, request),
               NotifyType::no_additional_sas));
    CHECK(world.count<session::ChildSaUp>() == 1);
}

TEST_CASE("a rekey of a Child SA that lacks a payload is INVALID_SYNTAX [RFC7296-1.3.3]") {
    for (std::size_t missing = 1; missing <= 4; ++missing) {
        CAPTURE(missing);
        World world;
        connected(world);
        gateway::Payloads request = rekey_of_child(world, gateways_spi(world));
        request.erase(request.begin() + static_cast<std::ptrdiff_t>(missing));
        CHECK(says(answer_to(world, ExchangeType::create_child_sa, request),
                   NotifyType::invalid_syntax));
        CHECK(world.count<session::ChildSaRekeyed>() == 0);
        CHECK(world.connected());
    }
}

TEST_CASE("a rekey of the IKE SA that lacks a payload is INVALID_SYNTAX [RFC7296-1.3.2]") {
    for (std::size_t missing = 1; missing <= 2; ++missing) {
        CAPTURE(missing);
        World world;
        connected(world);
        gateway::Payloads request = rekey_of_ike(world);
        request.erase(request.begin() + static_cast<std::ptrdiff_t>(missing));
        CHECK(says(answer_to(world, ExchangeType::create_child_sa, request),
                   NotifyType::invalid_syntax));
        CHECK(world.connected());
    }
}

TEST_CASE("a rekey with an SPI that can be none is refused [RFC4303-2.1, RFC7296-3.1]") {
    World world;
    connected(world);
    gateway::Payloads request = rekey_of_child(world, gateways_spi(world));
    std::size_t sa = 1;
    SUBCASE("of a Child SA: zero") {
        std::get<wire::SaPayload>(request.at(sa)).proposals.front().spi = Bytes(4, 0);
    }
    SUBCASE("of a Child SA: reserved") {
        std::get<wire::SaPayload>(request.at(sa)).proposals.front().spi = Bytes{0, 0, 0, 255};
    }
    SUBCASE("of the IKE SA: zero") {
        request = rekey_of_ike(world);
        sa = 0;
        std::get<wire::SaPayload>(request.at(sa)).proposals.front().spi = Bytes(8, 0);
    }
    CHECK(says(answer_to(world, ExchangeType::create_child_sa, request),
               NotifyType::no_proposal_chosen));
    CHECK(world.count<session::ChildSaRekeyed>() == 0);
    CHECK(world.count<IkeSaRekeyed>() == 0);
}

TEST_CASE("we send by the gateway's new Child SA as soon as it does, and not back [RFC7296-2.8]") {
    World world;
    connected(world);
    const ChildSpi old = world.plane().sending()->inbound;
    answer_to(world, ExchangeType::create_child_sa, rekey_of_child(world, gateways_spi(world)));
    REQUIRE(world.count<session::ChildSaRekeyed>() == 1);
    const ChildSpi fresh = world.last<session::ChildSaRekeyed>()->fresh.inbound.spi;
    world.session().note_inbound_on(old, world.now());
    world.run_for(1ms);
    CHECK(world.plane().sending()->inbound == old);
    world.session().note_inbound_on(fresh, world.now());
    world.run_for(1ms);
    CHECK(world.plane().sending()->inbound == fresh);
    CHECK(world.count<session::ChildSaSwitched>() == 1);
    world.session().note_inbound_on(old, world.now());  // a late one
    world.run_for(1ms);
    CHECK(world.plane().sending()->inbound == fresh);
}

TEST_CASE(
    "a Child SA is deleted also while we rekey the IKE SA, and named in the answer "
    "[RFC7296-2.25.2]") {
    World world;
    cut_off(world);
    const ChildSpi ours = world.plane().sending()->inbound;
    SUBCASE("while we rekey the IKE SA") {
        world.rekey_ike();
    }
    SUBCASE("while we rekey the Child SA [RFC7296-2.25.1]") {
        world.rekey_child();
    }
    const auto answer =
        answer_to(world, ExchangeType::informational, deletion({gateways_spi(world)}));
    const auto* named = wire::find<wire::DeletePayload>(answer);
    REQUIRE(named != nullptr);
    CHECK(named->spis == std::vector{ours});
    CHECK(world.count<ChildSaDown>() == 1);
}

TEST_CASE("while we close, nothing is rekeyed or made: TEMPORARY_FAILURE [RFC7296-2.25.2]") {
    World world;
    cut_off(world);
    world.close();
    gateway::Payloads request;
    SUBCASE("the IKE SA") {
        request = rekey_of_ike(world);
    }
    SUBCASE("a Child SA") {
        request = rekey_of_child(world, gateways_spi(world));
    }
    SUBCASE("a new Child SA") {
        request = new_child(world);
    }
    CHECK(says(answer_to(world, ExchangeType::create_child_sa, request),
               NotifyType::temporary_failure));
    CHECK(world.count<session::ChildSaRekeyed>() == 0);
}

TEST_CASE("a gateway that deletes the IKE SA is obeyed whatever we are at [RFC7296-2.25.2]") {
    Reason reason = Reason::closed_by_gateway;
    World world;
    cut_off(world);
    SUBCASE("we rekey the IKE SA, which is forgotten") {
        begin(world, "rekey of the IKE SA");
    }
    SUBCASE("we rekey the Child SA") {
        begin(world, "rekey of the Child SA");
    }
    SUBCASE("we close, too") {
        begin(world, "close");
        reason = Reason::closed_by_us;
    }
    CHECK(answer_to(world, ExchangeType::informational, ike_deletion()).empty());
    REQUIRE(world.count<Closed>() == 1);
    CHECK(world.last<Closed>()->failure.reason == reason);
}

TEST_CASE(
    "while we are at a Child SA the IKE SA is not rekeyed: TEMPORARY_FAILURE "
    "[RFC7296-2.25.1]") {
    World world;
    connected(world);
    SUBCASE("rekeying it") {
        lose_everything(world, wlan0);
        world.rekey_child();
    }
    SUBCASE("deleting it") {
        world.rekey_child();
        REQUIRE(
            world.run_until([&world] { return world.count<session::ChildSaSwitched>() == 1; }, 1s));
        lose_everything(world, wlan0);
        world.run_for(600ms);  // the Delete is on its way, and lost
    }
    SUBCASE("making one") {
        const auto gone =
            answer_to(world, ExchangeType::informational, deletion({gateways_spi(world)}));
        CHECK(deletes_in(gone) == 1);
        lose_everything(world, wlan0);
        world.run_for(2s);
        world.inject_down(
            from_gateway(world, ExchangeType::create_child_sa, 1, rekey_of_ike(world)), false);
        CHECK(says(opened(world, world.sent().back().datagram), NotifyType::temporary_failure));
        return;
    }
    CHECK(says(answer_to(world, ExchangeType::create_child_sa, rekey_of_ike(world)),
               NotifyType::temporary_failure));
}

TEST_CASE(
    "a Child SA that we delete is not rekeyed, and not named when deleted by both "
    "[RFC7296-2.25.1]") {
    World world;
    connected(world);
    const ChildSpi old = gateways_spi(world);
    world.rekey_child();
    REQUIRE(world.run_until([&world] { return world.count<session::ChildSaSwitched>() == 1; }, 1s));
    lose_everything(world, wlan0);
    world.run_for(600ms);  // the Delete is on its way, and lost
    SUBCASE("rekeyed") {
        CHECK(says(answer_to(world, ExchangeType::create_child_sa, rekey_of_child(world, old)),
                   NotifyType::temporary_failure));
    }
    SUBCASE("deleted") {
        CHECK(deletes_in(answer_to(world, ExchangeType::informational, deletion({old}))) == 0);
        CHECK(world.count<ChildSaDown>() == 1);
    }
}

TEST_CASE("a Child SA that we are about to delete is not rekeyed [RFC7296-2.25.1]") {
    World world;
    connected(world);
    const ChildSpi old = gateways_spi(world);
    world.rekey_child();
    REQUIRE(world.run_until([&world] { return world.count<session::ChildSaSwitched>() == 1; }, 1s));
    CHECK(says(answer_to(world, ExchangeType::create_child_sa, rekey_of_child(world, old)),
               NotifyType::temporary_failure));
    CHECK(world.count<session::ChildSaRekeyed>() == 1);
}

TEST_CASE(
    "a Child SA that we do not have is not named in the answer to its Delete "
    "[RFC7296-2.25.1]") {
    World world;
    connected(world);
    const auto answer =
        answer_to(world, ExchangeType::informational, deletion({ChildSpi{0x01020304}}));
    CHECK(deletes_in(answer) == 0);
    CHECK(world.count<ChildSaDown>() == 0);
}

TEST_CASE(
    "on an IKE SA that was rekeyed nothing is made or rekeyed: TEMPORARY_FAILURE "
    "[RFC7296-2.25.2]") {
    World world;
    connected(world);
    gateway::Protection old(world.gateway().ike_sa()->suite.cipher, world.gateway().ike_sa()->keys,
                            false);
    gateway::Payloads request;
    SUBCASE("a Child SA") {
        request = rekey_of_child(world, gateways_spi(world));
    }
    SUBCASE("the IKE SA") {
        request = rekey_of_ike(world);
    }
    const Bytes late = from_gateway(world, ExchangeType::create_child_sa, 0, request);
    world.rekey_ike();
    REQUIRE(world.run_until([&world] { return world.count<IkeSaRekeyed>() == 1; }, 1s));
    lose_everything(world, wlan0);  // the gateway does not hear of our Delete
    world.inject_down(late, false);
    const auto answer = old.open(world.sent().back().datagram);
    REQUIRE(answer);
    CHECK(says(*answer, NotifyType::temporary_failure));
    CHECK(world.count<session::ChildSaRekeyed>() == 0);
    CHECK(world.count<IkeSaRekeyed>() == 1);
}

TEST_CASE("a gateway that rekeys the IKE SA and never deletes the old one gets three, no more") {
    World world;
    connected(world);
    world.gateway().config().tamper = [](const wire::Header& header, gateway::Payloads& payloads) {
        if (!header.response) {
            std::erase_if(payloads, [](const wire::Payload& payload) {
                return std::holds_alternative<wire::DeletePayload>(payload);
            });
        }
    };
    for (int round = 0; round < 6; ++round) {
        world.wish(gateway::RekeyIkeWish{});
        world.run_for(1s);
    }
    CHECK(world.count<IkeSaRekeyed>() == 3);
    CHECK(heard(world, NotifyType::temporary_failure) >= 1);
    CHECK(world.connected());
    check_carries(world);
}

TEST_CASE("a gateway that rekeys the Child SA and never deletes the old one gets four at most") {
    World world;
    connected(world);
    world.gateway().config().tamper = [](const wire::Header& header, gateway::Payloads& payloads) {
        if (!header.response) {
            std::erase_if(payloads, [](const wire::Payload& payload) {
                return std::holds_alternative<wire::DeletePayload>(payload);
            });
        }
    };
    for (int round = 0; round < 8; ++round) {
        world.wish(gateway::RekeyChildWish{gateways_spi(world)});
        world.send_down();
        world.run_for(1s);
    }
    CHECK(world.count<session::ChildSaRekeyed>() <= 3);
    CHECK(world.plane().installed().size() <= 4);
    CHECK(heard(world, NotifyType::temporary_failure) >= 1);
    CHECK(world.connected());
}

TEST_CASE(
    "an authentic AUTHENTICATION_FAILED of the gateway is answered and ends the session "
    "[RFC7296-2.21.2]") {
    World world;
    connected(world);
    const auto answer = answer_to(world, ExchangeType::informational,
                                  {gateway::notify(NotifyType::authentication_failed)});
    CHECK(answer.empty());
    REQUIRE(world.count<Closed>() == 1);
    CHECK(world.last<Closed>()->failure.reason == Reason::authentication_failed);
    const std::size_t sent = world.sent().size();
    world.run_for(1min);
    CHECK(world.sent().size() == sent);  // no Delete: the gateway has deleted the IKE SA already
}
