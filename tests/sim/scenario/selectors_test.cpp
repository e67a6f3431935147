// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/authentic.hpp"

// Traffic selectors of a rekey: RFC 7296 2.9.2.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::Closed;
using session::Reason;
using wire::ExchangeType;
using wire::NotifyType;

TEST_CASE("a rekey by the gateway with wider selectors gets the old ones [RFC7296-2.9.2]") {
    World world({.tune = [](session::SessionConfig& session) {
        session.policies = {{{wire::TrafficSelector::from(*Prefix::parse("10.20.0.0/16"))}}};
    }});
    connected(world);
    const auto local = world.plane().sending()->local_selectors;
    const auto remote = world.plane().sending()->remote_selectors;
    gateway::Payloads request = rekey_of_child(world, gateways_spi(world));
    for (wire::Payload& payload : request) {
        if (auto* tsi = std::get_if<wire::TsiPayload>(&payload)) {
            tsi->selectors = {wire::TrafficSelector::from(*Prefix::parse("0.0.0.0/0"))};
        } else if (auto* tsr = std::get_if<wire::TsrPayload>(&payload)) {
            tsr->selectors = {wire::TrafficSelector::from(*Prefix::parse("10.0.0.0/8")),
                              wire::TrafficSelector::from(*Prefix::parse("fd00::/8"))};
        }
    }
    SUBCASE("wider") {
        const auto answer = answer_to(world, ExchangeType::create_child_sa, request);
        REQUIRE(world.count<session::ChildSaRekeyed>() == 1);
        const session::ChildSa& fresh = world.last<session::ChildSaRekeyed>()->fresh;
        CHECK(fresh.local_selectors == local);
        CHECK(fresh.remote_selectors == remote);
        CHECK(wire::find<wire::TsiPayload>(answer)->selectors == remote);
        CHECK(wire::find<wire::TsrPayload>(answer)->selectors == local);
    }
    SUBCASE("elsewhere") {
        for (wire::Payload& payload : request) {
            if (auto* tsi = std::get_if<wire::TsiPayload>(&payload)) {
                tsi->selectors = {wire::TrafficSelector::from(*Prefix::parse("10.30.0.0/16"))};
            }
        }
        CHECK(says(answer_to(world, ExchangeType::create_child_sa, request),
                   NotifyType::ts_unacceptable));
        CHECK(world.count<session::ChildSaRekeyed>() == 0);
    }
}

TEST_CASE(
    "wider selectors in the answer to our rekey are not taken, the gateway is told "
    "[RFC7296-2.9.2]") {
    World world({.tune = [](session::SessionConfig& session) {
        session.policies = {{{wire::TrafficSelector::from(*Prefix::parse("10.20.0.0/16"))}}};
    }});
    connected(world);
    bool ours = false;
    SUBCASE("of the gateway's side") {}
    SUBCASE("of our side") {
        ours = true;
    }
    world.gateway().config().tamper = [ours](const wire::Header& header,
                                             gateway::Payloads& payloads) {
        const std::vector wide{wire::TrafficSelector::from(*Prefix::parse("0.0.0.0/0"))};
        for (wire::Payload& payload : payloads) {
            auto* tsi = std::get_if<wire::TsiPayload>(&payload);
            auto* tsr = std::get_if<wire::TsrPayload>(&payload);
            if (header.response && ours && tsi != nullptr) {
                tsi->selectors = wide;
            } else if (header.response && !ours && tsr != nullptr) {
                tsr->selectors = wide;
            }
        }
    };
    world.rekey_child();
    REQUIRE(world.run_until([&world] { return world.count<Closed>() == 1; }, 5s));
    CHECK(world.count<session::ChildSaRekeyed>() == 0);
    CHECK(world.last<Closed>()->failure.reason == Reason::protocol_error);
    CHECK(world.gateway().client() == nullptr);
}
