// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"

// A group of esp_proposals: a rekey of a Child SA has a key exchange, RFC 7296 1.3.3, 2.17.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using crypto::GroupId;
using session::ChildSaRekeyed;
using wire::NotifyType;

namespace {

/// Our groups, whatever the gateway has.
WorldConfig with_groups(std::vector<GroupId> groups, bool optional = false) {
    return {.tune = [groups, optional](session::SessionConfig& session) {
        for (session::EspProposal& proposal : session.esp_proposals) {
            proposal.groups = groups;
            proposal.group_optional = optional;
        }
    }};
}

void gateway_rekeys(World& world) {
    world.wish(gateway::RekeyChildWish{world.gateway().sending_child()->inbound});
    world.run_for(1s);
}

const wire::NotifyPayload* refused_with(const World& world, NotifyType type) {
    const gateway::Said* refusal = last_heard(world, type);
    return refusal != nullptr ? wire::find_notify(refusal->payloads, type) : nullptr;
}

/// The gateway's request for a rekey offers these groups, with a KE payload of the first.
void offer_groups(World& world, std::vector<GroupId> groups) {
    world.gateway().config().tamper = [&world, groups](const wire::Header& header,
                                                       gateway::Payloads& payloads) {
        if (header.response || wire::find_notify(payloads, NotifyType::rekey_sa) == nullptr) {
            return;
        }
        for (wire::Payload& payload : payloads) {
            if (auto* sa = std::get_if<wire::SaPayload>(&payload)) {
                for (const GroupId group : groups) {
                    sa->proposals.front().transforms.push_back(
                        {.type = wire::TransformType::ke, .id = static_cast<std::uint16_t>(group)});
                }
            }
        }
        const auto own = crypto::KeyExchange::generate(groups.front(), world.dice());
        payloads.push_back(
            wire::KePayload{static_cast<std::uint16_t>(groups.front()), own->public_value()});
    };
}

}  // namespace

TEST_CASE(
    "with a group configured the first Child SA, of IKE_AUTH, has none by nature "
    "[RFC7296-1.2]") {
    World world(with_groups({GroupId::curve25519}));
    connected(world);
    check_carries(world);
}

TEST_CASE(
    "with a group configured the gateway's rekey without a key exchange is refused "
    "[RFC7296-1.3.3, 2.17]") {
    World world(with_groups({GroupId::curve25519, GroupId::ecp_256}));
    connected(world);
    gateway_rekeys(world);
    CHECK(refused_with(world, NotifyType::no_proposal_chosen) != nullptr);
    CHECK(world.count<ChildSaRekeyed>() == 0);
    CHECK(world.connected());
    check_carries(world);
}

TEST_CASE("the gateway's rekey with another group only is refused [RFC7296-1.3.3]") {
    World world(with_groups({GroupId::curve25519}));
    connected(world);
    offer_groups(world, {GroupId::ecp_256});
    gateway_rekeys(world);
    CHECK(refused_with(world, NotifyType::no_proposal_chosen) != nullptr);
    CHECK(world.count<ChildSaRekeyed>() == 0);
    check_carries(world);
}

TEST_CASE(
    "the gateway's rekey with the KE of another group than ours is told which one to take "
    "[RFC7296-1.3]") {
    World world(with_groups({GroupId::curve25519}));
    connected(world);
    offer_groups(world, {GroupId::ecp_256, GroupId::curve25519});
    gateway_rekeys(world);
    const auto* notify = refused_with(world, NotifyType::invalid_ke_payload);
    REQUIRE(notify != nullptr);
    CHECK(wire::wanted_group(*notify) == static_cast<std::uint16_t>(GroupId::curve25519));
    CHECK(world.count<ChildSaRekeyed>() == 0);
    check_carries(world);
}

TEST_CASE(
    "without a group configured the gateway's rekey with a key exchange is refused, "
    "one without goes through [RFC7296-3.3.6]") {
    World world(with_groups({}));
    connected(world);
    gateway_rekeys(world);
    CHECK(world.count<ChildSaRekeyed>() == 1);
    offer_groups(world, {GroupId::curve25519});
    gateway_rekeys(world);
    CHECK(refused_with(world, NotifyType::no_proposal_chosen) != nullptr);
    CHECK(world.count<ChildSaRekeyed>() == 1);
}

TEST_CASE("groups that are optional, as by default, let the gateway go with one or without") {
    World world(with_groups({GroupId::curve25519, GroupId::ecp_256}, true));
    connected(world);
    SUBCASE("without") {}
    SUBCASE("with one") {
        world.gateway().config().pfs = GroupId::ecp_256;
    }
    gateway_rekeys(world);
    check_settles(world);
    CHECK(world.count<ChildSaRekeyed>() == 1);
    check_carries(world);
}

TEST_CASE("an answer to our rekey that leaves out the key exchange is not taken [RFC7296-3.3.6]") {
    World world(with_groups({GroupId::curve25519}));
    connected(world);
    SUBCASE("the group of the proposal") {
        world.gateway().config().tamper = [](const wire::Header& header,
                                             gateway::Payloads& payloads) {
            for (wire::Payload& payload : payloads) {
                auto* sa = std::get_if<wire::SaPayload>(&payload);
                if (sa != nullptr && header.response) {
                    std::erase_if(sa->proposals.front().transforms, [](const auto& transform) {
                        return transform.type == wire::TransformType::ke;
                    });
                }
            }
        };
    }
    SUBCASE("the KE payload") {
        world.gateway().config().tamper = [](const wire::Header& header,
                                             gateway::Payloads& payloads) {
            if (header.response) {
                std::erase_if(payloads, [](const wire::Payload& payload) {
                    return std::holds_alternative<wire::KePayload>(payload);
                });
            }
        };
    }
    world.rekey_child();
    REQUIRE(world.run_until([&world] { return world.count<session::Closed>() == 1; }, 5s));
    CHECK(world.count<ChildSaRekeyed>() == 0);
    CHECK(world.last<session::Closed>()->failure.reason == session::Reason::protocol_error);
    CHECK(world.gateway().client() == nullptr);  // it was told
}
