// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/gateway.hpp"

#include "tests/sim/scripted_initiator.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace sim;
using namespace sim::gateway;
using wire::ExchangeType;
using wire::NotifyType;

namespace {

struct Pair {
    explicit Pair(Config config = default_config())
        : gateway(std::move(config), dice), initiator(gateway, dice) {}

    void connect() {
        (void)initiator.ike_sa_init();
        (void)initiator.ike_auth(gateway.config().psk);
        REQUIRE(gateway.client() != nullptr);
    }

    Dice dice{7};
    Gateway gateway;
    ScriptedInitiator initiator;
};

Payloads informational(NotifyType type, Bytes data = {}) {
    return {notify(type, std::move(data))};
}

}  // namespace

TEST_CASE("the test gateway takes the right PSK and makes one Child SA [RFC7296-1.2]") {
    Pair pair;
    (void)pair.initiator.ike_sa_init();
    const Payloads answer = pair.initiator.ike_auth(pair.gateway.config().psk);
    CHECK(wire::find<wire::IdrPayload>(answer) != nullptr);
    CHECK(wire::find<wire::AuthPayload>(answer) != nullptr);
    CHECK(wire::find_notify(answer, NotifyType::mobike_supported) != nullptr);
    const auto* config = wire::find<wire::ConfigPayload>(answer);
    REQUIRE(config != nullptr);
    CHECK(wire::internal_addresses(*config).at(0).text() == "10.99.0.7/32");
    REQUIRE(pair.gateway.sending_child() != nullptr);
    CHECK(pair.gateway.sending_child()->outbound == pair.initiator.child_spi());
    CHECK(pair.gateway.faults().empty());
}

TEST_CASE("the test gateway refuses a wrong PSK and keeps nothing [RFC7296-2.21.2]") {
    Pair pair;
    (void)pair.initiator.ike_sa_init();
    const Payloads answer = pair.initiator.ike_auth(as_bytes("a guess"));
    CHECK(wire::find_notify(answer, NotifyType::authentication_failed) != nullptr);
    CHECK(pair.gateway.client() == nullptr);
}

TEST_CASE("the test gateway's cookie brings its owner through [RFC7296-2.6]") {
    Config config = default_config();
    config.demand_cookie = true;
    Pair pair(std::move(config));
    const Payloads demand = pair.initiator.ike_sa_init();
    const auto* cookie = wire::find_notify(demand, NotifyType::cookie);
    REQUIRE(cookie != nullptr);
    CHECK(demand.size() == 1);
    CHECK(wire::find_notify(pair.initiator.ike_sa_init(informational(NotifyType::cookie, {1, 2})),
                            NotifyType::cookie) != nullptr);
    const Payloads answer = pair.initiator.ike_sa_init({*cookie});
    CHECK(wire::find<wire::KePayload>(answer) != nullptr);
}

TEST_CASE("the test gateway answers a retransmission byte for byte [RFC7296-2.1]") {
    Pair pair;
    pair.connect();
    (void)pair.initiator.request(ExchangeType::informational, {});
    const Bytes first = pair.initiator.last_response();
    CHECK(pair.initiator.retransmit() == first);
    CHECK(pair.gateway.faults().empty());
}

TEST_CASE("the test gateway moves to the source of UPDATE_SA_ADDRESSES alone [RFC4555-3.5]") {
    Pair pair;
    pair.connect();
    const Endpoint before = pair.initiator.here();
    const Endpoint after{*IpAddress::parse("203.0.113.9"), 31000};
    pair.initiator.move_to(after);
    (void)pair.initiator.request(ExchangeType::informational, {});
    CHECK(pair.gateway.client()->esp.remote == before);
    (void)pair.initiator.request(ExchangeType::informational,
                                 informational(NotifyType::update_sa_addresses));
    CHECK(pair.gateway.ike_sa()->addresses.remote == after);
    CHECK(pair.gateway.client()->esp.remote == after);
}

TEST_CASE("the test gateway moves ESP only when its COOKIE2 came back [RFC4555-3.7]") {
    Config config = default_config();
    config.challenge_after_update = true;
    Pair pair(std::move(config));
    pair.connect();
    const Endpoint after{*IpAddress::parse("203.0.113.9"), 31000};
    pair.initiator.move_to(after);
    (void)pair.initiator.request(ExchangeType::informational,
                                 informational(NotifyType::update_sa_addresses));
    CHECK_FALSE(pair.gateway.client()->esp.remote == after);
    SUBCASE("an answer without it moves nothing") {
        (void)pair.initiator.take_request({});
        CHECK_FALSE(pair.gateway.client()->esp.remote == after);
        CHECK_FALSE(pair.gateway.faults().empty());
    }
}

TEST_CASE("the test gateway copies COOKIE2 into its response [RFC4555-4.2.5]") {
    Pair pair;
    pair.connect();
    const Payloads answer = pair.initiator.request(
        ExchangeType::informational, informational(NotifyType::cookie2, Bytes(16, 0x5a)));
    const auto* echoed = wire::find_notify(answer, NotifyType::cookie2);
    REQUIRE(echoed != nullptr);
    CHECK(echoed->data == Bytes(16, 0x5a));
}

TEST_CASE("the test gateway says CHILD_SA_NOT_FOUND for what it does not have [RFC7296-2.25]") {
    Pair pair;
    pair.connect();
    const std::vector<wire::TrafficSelector> all = pair.gateway.config().networks;
    const EspTerms terms{.cipher = pair.gateway.config().esp_suites.front(), .group = {}};
    const Payloads answer =
        pair.initiator.request(ExchangeType::create_child_sa,
                               {wire::child_sa_notify(NotifyType::rekey_sa, ChildSpi{0x01020304}),
                                offer_esp(terms, {9, 9, 9, 9}), wire::NoncePayload{Bytes(32, 1)},
                                wire::TsiPayload{all}, wire::TsrPayload{all}});
    CHECK(wire::find_notify(answer, NotifyType::child_sa_not_found) != nullptr);
}

TEST_CASE("the test gateway deletes a Child SA and names its own half [RFC7296-1.4.1]") {
    Pair pair;
    pair.connect();
    const ChildSpi half = pair.gateway.sending_child()->inbound;
    const wire::DeletePayload asked{.protocol = wire::ProtocolId::esp,
                                    .spis = {pair.initiator.child_spi()}};
    const Payloads answer = pair.initiator.request(ExchangeType::informational, {asked});
    const auto* deleted = wire::find<wire::DeletePayload>(answer);
    REQUIRE(deleted != nullptr);
    CHECK(deleted->spis == std::vector{half});
    CHECK(pair.gateway.sending_child() == nullptr);
}

TEST_CASE("the test gateway asks for what it is told to, one at a time [RFC7296-2.3]") {
    Pair pair;
    pair.connect();
    const Instant now{1001s};
    pair.gateway.wish(LivenessWish{}, now);
    pair.gateway.wish(DeleteIkeWish{}, now);
    const auto liveness = pair.initiator.take_request({});
    REQUIRE(liveness.has_value());
    CHECK(liveness->empty());
    const auto deletion = pair.initiator.take_request({});
    REQUIRE(deletion.has_value());
    CHECK(wire::find<wire::DeletePayload>(*deletion) != nullptr);
    CHECK(pair.gateway.client() == nullptr);
}
