// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/authentic.hpp"

// The gateway's requests, fresh, repeated and outside the window, and answers that are none.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::Closed;
using session::MoveKind;
using session::Reason;
using wire::ExchangeType;
using wire::NotifyType;

namespace {

const wire::EncodedPayloads unknown_critical{static_cast<wire::PayloadType>(200),
                                             Bytes{0, 0x80, 0, 4}};
// A payload header that says more than there is.
const wire::EncodedPayloads malformed{wire::PayloadType::notify, Bytes{0, 0, 0, 99}};

Bytes request(World& world, const wire::EncodedPayloads& inside, std::uint32_t id = 0) {
    return from_gateway(world, ExchangeType::informational, id, inside);
}

}  // namespace

TEST_CASE(
    "a request with an unknown critical payload is refused, and repeated it is refused by the same "
    "answer [RFC7296-2.1, 2.5]") {
    World world;
    connected(world);
    const Bytes asked = request(world, unknown_critical);
    world.inject_down(asked, false);
    const Bytes refusal = world.sent().back().datagram;
    const auto payloads = opened(world, refusal);
    const auto* notify = wire::find_notify(payloads, NotifyType::unsupported_critical_payload);
    REQUIRE(notify != nullptr);
    CHECK(notify->data == Bytes{200});
    for (int repeated = 0; repeated < 3; ++repeated) {
        const std::size_t sent = world.sent().size();
        world.inject_down(asked, false);
        REQUIRE(world.sent().size() == sent + 1);
        CHECK(world.sent().back().datagram == refusal);
    }
    CHECK(world.connected());
    // The next request is a fresh one, and all goes on.
    world.inject_down(request(world, unknown_critical, 1), false);
    CHECK(world.sent().back().datagram != refusal);
    CHECK(world.connected());
    check_carries(world);
}

TEST_CASE(
    "a malformed request ends the session once, and repeated it does nothing [RFC7296-2.21.3]") {
    World world;
    connected(world);
    const Bytes asked = request(world, malformed);
    world.inject_down(asked, false);
    REQUIRE(world.count<Closed>() == 1);
    CHECK(world.last<Closed>()->failure.reason == Reason::protocol_error);
    CHECK(wire::find_notify(opened(world, world.sent().back().datagram),
                            NotifyType::invalid_syntax) != nullptr);
    const std::size_t sent = world.sent().size();
    world.session().receive(asked, world.sent().back().path, world.now());
    world.run_for(1s);
    CHECK(world.sent().size() == sent);
    CHECK(world.count<Closed>() == 1);
}

TEST_CASE("a request outside the window is not looked at, whatever is in it [RFC7296-2.3]") {
    World world;
    connected(world);
    for (std::uint32_t id = 0; id < 3; ++id) {  // 3 is next, 2 was last
        world.wish(gateway::LivenessWish{});
        world.run_for(100ms);
    }
    const auto deletion = wire::encode_payloads(
        gateway::Payloads{wire::DeletePayload{.protocol = wire::ProtocolId::ike, .spis = {}}});
    const std::size_t sent = world.sent().size();
    const std::size_t events = world.events().size();
    for (const std::uint32_t id : {0U, 1U, 4U, 5U, 0x7fffffffU, 0xffffffffU}) {
        for (const auto& inside : {unknown_critical, malformed, deletion}) {
            world.inject_down(request(world, inside, id), true);
        }
    }
    CHECK(world.sent().size() == sent);
    CHECK(world.events().size() == events);
    CHECK(world.connected());
    check_carries(world);
}

TEST_CASE(
    "a request with the Message ID of the last one gets the last answer and is not obeyed, of "
    "whatever exchange it is [RFC7296-2.1]") {
    World world;
    connected(world);
    world.wish(gateway::LivenessWish{});
    world.run_for(100ms);
    const Bytes answer = world.sent().back().datagram;
    const auto deletion = wire::encode_payloads(
        gateway::Payloads{wire::DeletePayload{.protocol = wire::ProtocolId::ike, .spis = {}}});
    for (const ExchangeType exchange :
         {ExchangeType::informational, ExchangeType::create_child_sa, ExchangeType::ike_auth}) {
        for (const auto& inside : {deletion, malformed, unknown_critical}) {
            world.inject_down(from_gateway(world, exchange, 0, inside), false);
            CHECK(world.sent().back().datagram == answer);
        }
    }
    CHECK(world.connected());
    check_carries(world);
}

TEST_CASE(
    "a request that is repeated after a move gets the same answer where it asked from "
    "[RFC7296-2.1, 2.11]") {
    World world;
    connected(world);
    const Bytes asked = request(world, {});
    const Path old_path = *world.plane().path();
    world.inject_down(asked, false);
    const Bytes answer = world.sent().back().datagram;
    world.move(wwan0, MoveKind::forced);
    check_settles(world);
    const std::size_t moved = world.events().size();
    SUBCASE("by the new path") {
        world.inject(asked, *world.plane().path());
        CHECK(world.sent().back().path.interface == wwan0);
    }
    SUBCASE("by the path that was left") {
        world.inject(asked, old_path);
        CHECK(world.sent().back().path == old_path);
    }
    CHECK(world.sent().back().datagram == answer);
    CHECK(world.events().size() == moved);
    CHECK(world.plane().path()->interface == wwan0);
}

TEST_CASE("a repeated request is no sign of life, a fresh one is [RFC7296-2.4]") {
    World world;
    connected(world);
    world.run_for(5s);
    const Bytes asked = request(world, unknown_critical);
    world.inject_down(asked, false);
    const Instant heard_at = world.now();
    CHECK(world.session().last_heard() == heard_at);
    world.run_for(5s);
    world.inject_down(asked, false);
    CHECK(world.session().last_heard() == heard_at);
}

TEST_CASE("an authentic message of another exchange than the request is not its answer") {
    World world;
    connected(world);
    lose_everything(world, wlan0);
    world.rekey_child();  // Message ID 2
    const auto empty = wire::encode_payloads(gateway::Payloads{});
    const auto refusal =
        wire::encode_payloads(gateway::Payloads{gateway::notify(NotifyType::child_sa_not_found)});
    for (const auto& inside : {empty, refusal, malformed, unknown_critical}) {
        for (const ExchangeType exchange :
             {ExchangeType::informational, ExchangeType::ike_auth, ExchangeType::ike_sa_init}) {
            world.inject_down(from_gateway(world, exchange, 2, inside, true), true);
        }
    }
    CHECK(world.connected());
    CHECK(world.count<session::ChildSaDown>() == 0);
    lose_everything(world, wlan0, false);
    CHECK(world.run_until([&world] { return world.count<session::ChildSaRekeyed>() == 1; }, 5s));
    check_settles(world);
}

TEST_CASE("an answer that can't be read ends the IKE SA, and the gateway is told [RFC7296-2.5]") {
    World world;
    connected(world);
    Reason reason{};
    lose_everything(world, wlan0);
    world.rekey_child();  // Message ID 2
    lose_everything(world, wlan0, false);
    SUBCASE("an unknown critical payload") {
        reason = Reason::unsupported_critical_payload;
        world.inject_down(
            from_gateway(world, ExchangeType::create_child_sa, 2, unknown_critical, true), false);
    }
    SUBCASE("malformed") {
        reason = Reason::protocol_error;
        world.inject_down(from_gateway(world, ExchangeType::create_child_sa, 2, malformed, true),
                          false);
    }
    CHECK(world.connected());  // until the Delete has its answer
    REQUIRE(world.run_until([&world] { return world.count<Closed>() == 1; }, 3s));
    CHECK(world.last<Closed>()->failure.reason == reason);
}

TEST_CASE("an answer to our Delete that can't be read is the end, with the reason for the Delete") {
    World world;
    connected(world);
    lose_everything(world, wlan0);
    world.close();
    world.inject_down(from_gateway(world, ExchangeType::informational, 2, malformed, true), false);
    REQUIRE(world.count<Closed>() == 1);
    CHECK(world.last<Closed>()->failure.reason == Reason::closed_by_us);
}
