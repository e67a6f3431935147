// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"

#include <functional>

// Answers of the gateway to our rekeys that break the protocol: not taken, and it is told.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::Closed;
using session::Reason;
using wire::ExchangeType;

namespace {

using Spoil = std::function<void(gateway::Payloads&)>;

template <class P>
P& only(gateway::Payloads& payloads) {
    for (wire::Payload& payload : payloads) {
        if (auto* found = std::get_if<P>(&payload)) {
            return *found;
        }
    }
    FAIL("the answer has no such payload");
    std::abort();
}

template <class P>
void leave_out(gateway::Payloads& payloads) {
    std::erase_if(payloads,
                  [](const wire::Payload& payload) { return std::holds_alternative<P>(payload); });
}

wire::Proposal& proposal(gateway::Payloads& payloads) {
    return only<wire::SaPayload>(payloads).proposals.front();
}

/// Every answer to CREATE_CHILD_SA from now on.
void spoil_answers(World& world, const Spoil& spoil) {
    world.gateway().config().tamper = [spoil](const wire::Header& header,
                                              gateway::Payloads& payloads) {
        if (header.response && header.exchange == ExchangeType::create_child_sa) {
            spoil(payloads);
        }
    };
}

void check_not_taken(World& world) {
    REQUIRE(world.run_until([&world] { return world.count<Closed>() == 1; }, 5s));
    CHECK(world.last<Closed>()->failure.reason == Reason::protocol_error);
    CHECK(world.count<session::ChildSaRekeyed>() == 0);
    CHECK(world.count<session::IkeSaRekeyed>() == 0);
    CHECK(world.violations().empty());
}

// Of both kinds of rekeys.
const std::vector<std::pair<const char*, Spoil>> of_both = {
    {"without SA", leave_out<wire::SaPayload>},
    {"without a nonce", leave_out<wire::NoncePayload>},
    {"another key length",
     [](auto& payloads) { proposal(payloads).transforms.front().key_length = 128; }},
    {"another algorithm", [](auto& payloads) { proposal(payloads).transforms.front().id = 12; }},
    {"a transform twice",
     [](auto& payloads) {
         auto& transforms = proposal(payloads).transforms;
         transforms.push_back(transforms.front());
     }},
    {"another proposal's number", [](auto& payloads) { proposal(payloads).number = 2; }},
    {"two proposals",
     [](auto& payloads) {
         auto& proposals = only<wire::SaPayload>(payloads).proposals;
         proposals.push_back(proposals.front());
     }},
};

}  // namespace

TEST_CASE("a broken answer to our rekey of a Child SA is not taken [RFC7296-1.3.3, 2.7]") {
    std::vector<std::pair<const char*, Spoil>> all = of_both;
    all.insert(
        all.end(),
        {{"without TSi", leave_out<wire::TsiPayload>},
         {"without TSr", leave_out<wire::TsrPayload>},
         {"SPI zero", [](auto& payloads) { proposal(payloads).spi = Bytes(4, 0); }},
         {"a reserved SPI",
          [](auto& payloads) {
              proposal(payloads).spi = Bytes{0, 0, 0, 255};
          }},
         {"an SPI of eight octets", [](auto& payloads) { proposal(payloads).spi = Bytes(8, 1); }}});
    for (const auto& each : all) {
        CAPTURE(each.first);
        World world;
        connected(world);
        spoil_answers(world, each.second);
        world.rekey_child();
        check_not_taken(world);
    }
}

TEST_CASE("a broken answer to our rekey of the IKE SA is not taken [RFC7296-1.3.2, 2.7]") {
    std::vector<std::pair<const char*, Spoil>> all = of_both;
    all.insert(
        all.end(),
        {{"without KE", leave_out<wire::KePayload>},
         {"KE of another group",
          [](auto& payloads) { only<wire::KePayload>(payloads).group = 19; }},
         {"a public value that is none",
          [](auto& payloads) { only<wire::KePayload>(payloads).data = Bytes(32, 0); }},
         {"SPI zero", [](auto& payloads) { proposal(payloads).spi = Bytes(8, 0); }},
         {"an SPI of four octets", [](auto& payloads) { proposal(payloads).spi = Bytes(4, 1); }}});
    for (const auto& each : all) {
        CAPTURE(each.first);
        World world;
        connected(world);
        spoil_answers(world, each.second);
        world.rekey_ike();
        check_not_taken(world);
    }
}

TEST_CASE("a Child SA that is missing when a sign of life is due is asked for, and no more") {
    World world({.tune = [](session::SessionConfig& session) { session.liveness = 1s; }});
    connected(world);
    world.wish(gateway::DeleteChildWish{world.gateway().sending_child()->inbound});
    world.run_for(5s);
    CHECK(world.count<session::ChildSaUp>() == 2);
    check_settles(world);
}
