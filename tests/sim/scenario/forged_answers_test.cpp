// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"
#include "tests/sim/world/stranger.hpp"

// Nobody has proved who he is before IKE_AUTH is through, so no answer before ends a connect.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::AttemptHint;
using session::Closed;
using session::Reason;
using wire::ExchangeType;
using wire::NotifyType;

namespace {

Bytes group_number(crypto::GroupId group) {
    return Writer().u16(static_cast<std::uint16_t>(group)).release();
}

bool connects(World& world, Duration limit = 2min) {
    return world.run_until([&] { return world.connected() || world.count<Closed>() > 0; }, limit) &&
           world.connected();
}

/// A gateway that knows no secret of ours.
gateway::Config strangers_config() {
    gateway::Config config = gateway::default_config();
    config.psk = Bytes{'x'};
    return config;
}

/// Two groups on both sides, so that there is another one to ask for.
WorldConfig two_groups() {
    return {.tune = [](session::SessionConfig& session) {
        session.ike_proposals.front().groups = {crypto::GroupId::curve25519,
                                                crypto::GroupId::ecp_256};
    }};
}

}  // namespace

TEST_CASE(
    "no forged error keeps the gateway out, whenever the way to it is free [RFC7296-2.21.1]") {
    const NotifyType errors[] = {
        NotifyType::no_proposal_chosen,       NotifyType::invalid_syntax,
        NotifyType::invalid_major_version,    NotifyType::unsupported_critical_payload,
        NotifyType::authentication_failed,    NotifyType::temporary_failure,
        NotifyType::internal_address_failure, NotifyType::invalid_ike_spi};
    for (const NotifyType error : errors) {
        for (const Duration blocked : {Duration(0s), Duration(3s), Duration(20s)}) {
            CAPTURE(wire::name(error));
            World world;
            lose_everything(world, wlan0, blocked > 0s);
            world.start();
            for (int times = 0; times < 100; ++times) {
                forge_init_answer(world, {gateway::notify(error)});
            }
            CHECK(world.count<AttemptHint>() == 1);
            CHECK(world.sent().size() == 1);
            world.run_for(blocked);
            lose_everything(world, wlan0, false);
            CHECK(connects(world));
            check_clean(world);
        }
    }
}

TEST_CASE("an answer that can't be read is a hint [RFC7296-2.21.1]") {
    World world;
    world.start();
    Bytes datagram = forged_init_answer(world, {wire::NoncePayload{Bytes(32, 1)}});
    datagram[16] = static_cast<std::uint8_t>(wire::PayloadType::sa);  // it is none
    forge(world, newest_init(world), datagram);
    REQUIRE(world.count<AttemptHint>() == 1);
    CHECK(world.last<AttemptHint>()->failure.reason == Reason::protocol_error);
    CHECK(connects(world));
}

TEST_CASE("a forged COOKIE costs nothing when the gateway wants none [RFC7296-2.6]") {
    World world;
    world.start();
    forge_init_answer(world, {gateway::notify(NotifyType::cookie, Bytes(16, 7))});
    CHECK(world.sent().size() == 2);
    CHECK(connects(world, 3s));
    check_settles(world);
}

TEST_CASE("neither a forged COOKIE nor a flood of them keeps a gateway out that wants one") {
    for (const bool demands : {false, true}) {
        CAPTURE(demands);
        gateway::Config config = gateway::default_config();
        config.demand_cookie = demands;
        World world({.gateway = config});
        world.start();
        for (std::uint8_t number = 0; number < 200; ++number) {
            forge_init_answer(world, {gateway::notify(NotifyType::cookie, Bytes(16, number))});
        }
        CHECK(world.sent().size() < 16);
        CHECK(connects(world, 30s));
        check_settles(world);
    }
}

TEST_CASE("a COOKIE forged for every request that is seen keeps nobody out [RFC7296-2.6]") {
    World world;
    world.start();
    std::size_t answered = 0;
    const auto forging = [&] {
        for (; answered < world.sent().size() && answered < 200; ++answered) {
            const auto number = static_cast<std::uint8_t>(answered);
            forge_init_answer(world, {gateway::notify(NotifyType::cookie, Bytes(16, number))});
        }
        return world.connected() || world.count<Closed>() > 0;
    };
    CHECK(world.run_until(forging, 2min));
    CHECK(world.connected());
    CHECK(world.sent().size() < 60);
}

TEST_CASE("a forged INVALID_KE_PAYLOAD, or many back and forth, keep nobody out [RFC7296-2.7]") {
    for (const int times : {1, 2, 100}) {
        CAPTURE(times);
        World world(two_groups());
        world.start();
        for (int time = 0; time < times; ++time) {
            const auto group =
                time % 2 == 0 ? crypto::GroupId::ecp_256 : crypto::GroupId::curve25519;
            forge_init_answer(
                world, {gateway::notify(NotifyType::invalid_ke_payload, group_number(group))});
        }
        CHECK(world.sent().size() < 16);
        CHECK(connects(world, 30s));
        check_settles(world);
    }
}

TEST_CASE("a stranger's key share does not keep the true one out, soon or late") {
    for (const Duration blocked : {Duration(0s), Duration(4s), Duration(30s)}) {
        CAPTURE(blocked.count());
        World world;
        Stranger stranger(strangers_config());
        lose_everything(world, wlan0, blocked > 0s);
        world.start();
        stranger.answer_anew(world);  // and then never again
        CHECK(world.sent().size() == 2);
        world.run_for(blocked);
        lose_everything(world, wlan0, false);
        CHECK(connects(world));
    }
}

TEST_CASE("a flood of strangers' key shares costs a bounded number of answers, and no connection") {
    World world;
    Stranger stranger(strangers_config());
    lose_everything(world, wlan0);
    world.start();
    for (int times = 0; times < 100; ++times) {
        stranger.answer_anew(world);
    }
    CHECK(world.sent().size() == 1 + 4);
    lose_everything(world, wlan0, false);
    CHECK(connects(world));
}

TEST_CASE("a stranger that refuses us by keys of its own does not keep the true answer out") {
    for (const NotifyType refusal :
         {NotifyType::authentication_failed, NotifyType::no_proposal_chosen}) {
        World world;
        gateway::Config config = strangers_config();
        config.refuse.ike_auth = refusal;
        Stranger stranger(config);
        world.start();
        const auto answering = [&] {
            stranger.answer(world);
            return world.connected() || world.count<Closed>() > 0;
        };
        CHECK(world.run_until(answering, 1min));
        CHECK(world.connected());
    }
}

TEST_CASE(
    "an answer changed on the way, with the gateway's own keys, does not spoil the true one") {
    World world;
    world.start();
    const auto said = [&]() -> const gateway::Said* {
        const auto& all = world.gateway().transcript();
        return all.empty() || !all.back().by_gateway ? nullptr : &all.back();
    };
    REQUIRE(world.run_until([&] { return said() != nullptr; }, 1s));
    gateway::Payloads changed = said()->payloads;
    changed.push_back(gateway::notify(NotifyType::initial_contact));
    const Bytes datagram = wire::encode_message(said()->header, changed);
    for (int times = 0; times < 3; ++times) {
        forge(world, newest_init(world), datagram);
    }
    CHECK(world.sent().size() == 2);  // one IKE_AUTH: its keys seal no second one
    CHECK(connects(world, 5s));
    check_settles(world);
}

TEST_CASE("a wrong password is one failed login, whoever else answers") {
    gateway::Config config = gateway::default_config();
    config.refuse.ike_auth = NotifyType::authentication_failed;
    World world({.gateway = config});
    CHECK_FALSE(world.connect());
    CHECK(heard(world, ExchangeType::ike_auth) == 1);
    CHECK(heard(world, ExchangeType::ike_sa_init) == 1);
    CHECK(world.last<Closed>()->failure.unconfirmed == Reason::authentication_failed);
}

TEST_CASE("IKE_AUTH that nobody answers is told from a gateway that is not there") {
    World world;
    world.start();
    world.run_for(15ms);  // IKE_SA_INIT has arrived
    lose_everything(world, wlan0);
    CHECK_FALSE(connects(world, 3min));
    const session::Failure& failure = world.last<Closed>()->failure;
    CHECK(failure.unconfirmed == Reason::ike_auth_unanswered);
    CHECK(failure.detail.find("IKE_SA_INIT was answered by 192.0.2.1:500, IKE_AUTH of ") !=
          std::string::npos);
    CHECK(failure.detail.find(" bytes to 192.0.2.1:4500 is not") != std::string::npos);
}

TEST_CASE("what is no answer to our IKE_SA_INIT is none, complete as it may be [RFC7296-3.1]") {
    World world;
    Stranger stranger(strangers_config());
    lose_everything(world, wlan0);
    world.start();
    const Bytes answer = stranger.init_answer(world);
    const auto sent_after = [&](std::size_t at, std::uint8_t bits) {
        Bytes changed = answer;
        changed[at] ^= bits;
        forge(world, newest_init(world), changed);
        return world.sent().size();
    };
    CHECK(sent_after(0, 0x01) == 1);   // another initiator's SPI
    CHECK(sent_after(17, 0x30) == 1);  // version 1 of IKE
    CHECK(sent_after(18, 0x01) == 1);  // IKE_AUTH, by its exchange type
    CHECK(sent_after(19, 0x08) == 1);  // from the initiator
    CHECK(sent_after(19, 0x20) == 1);  // no response
    CHECK(sent_after(23, 0x01) == 1);  // Message ID 1
    CHECK(world.count<AttemptHint>() == 1);
    CHECK(world.last<AttemptHint>()->failure.reason == Reason::invalid_major_version);
    CHECK(sent_after(0, 0) == 2);  // as it was
}

TEST_CASE("algorithms that were not offered are not taken [RFC7296-2.7, 3.3.6]") {
    const auto change = [](const std::function<void(wire::SaPayload&)>& how) {
        World world;
        Stranger stranger(strangers_config());
        lose_everything(world, wlan0);
        world.start();
        auto message = *wire::decode_message(stranger.init_answer(world));
        for (wire::Payload& payload : message.payloads) {
            if (auto* sa = std::get_if<wire::SaPayload>(&payload)) {
                how(*sa);
            }
        }
        forge(world, newest_init(world), wire::encode_message(message.header, message.payloads));
        return world.sent().size();
    };
    CHECK(change([](wire::SaPayload&) {}) == 2);
    CHECK(change([](wire::SaPayload& sa) { sa.proposals.push_back(sa.proposals.front()); }) == 1);
    CHECK(change([](wire::SaPayload& sa) { sa.proposals.clear(); }) == 1);
    CHECK(change([](wire::SaPayload& sa) { sa.proposals.front().transforms.pop_back(); }) == 1);
    CHECK(change([](wire::SaPayload& sa) {
              for (wire::Transform& transform : sa.proposals.front().transforms) {
                  if (transform.type == wire::TransformType::encr) {
                      transform.key_length = 128;  // AES-GCM with another key than was offered
                  }
              }
          }) == 1);
}

TEST_CASE("before IKE_AUTH is through the gateway may ask for nothing [RFC7296-2.3]") {
    World world;
    world.start();
    // The gateway has answered IKE_AUTH, and the answer is on its way.
    REQUIRE(world.run_until([&] { return world.gateway().ike_sa() != nullptr; }, 1s));
    const gateway::IkeSa* ike_sa = world.gateway().ike_sa();
    REQUIRE_FALSE(world.connected());
    gateway::Protection protection(ike_sa->suite.cipher, ike_sa->keys, false);
    for (const ExchangeType exchange :
         {ExchangeType::informational, ExchangeType::create_child_sa, ExchangeType::ike_auth}) {
        const wire::Header header{.initiator_spi = ike_sa->spis.initiator,
                                  .responder_spi = ike_sa->spis.responder,
                                  .exchange = exchange,
                                  .message_id = {0}};
        const auto inside = wire::encode_payloads(
            gateway::Payloads{wire::DeletePayload{wire::ProtocolId::ike, {}},
                              gateway::notify(NotifyType::authentication_failed)});
        forge(world, world.sent().back(), protection.seal(header, inside, world.dice()));
    }
    CHECK(world.sent().size() == 2);
    CHECK(connects(world));
    CHECK(world.count<AttemptHint>() == 0);
}

TEST_CASE("a response of another exchange is none [RFC7296-2.2]") {
    World world;
    world.start();
    // The gateway has answered IKE_AUTH, and the answer is on its way.
    REQUIRE(world.run_until([&] { return world.gateway().ike_sa() != nullptr; }, 1s));
    const gateway::IkeSa* ike_sa = world.gateway().ike_sa();
    REQUIRE_FALSE(world.connected());
    gateway::Protection protection(ike_sa->suite.cipher, ike_sa->keys, false);
    const wire::Header header{.initiator_spi = ike_sa->spis.initiator,
                              .responder_spi = ike_sa->spis.responder,
                              .exchange = ExchangeType::informational,
                              .response = true,
                              .message_id = {1}};
    const auto inside = wire::encode_payloads(
        gateway::Payloads{gateway::notify(NotifyType::authentication_failed)});
    forge(world, world.sent().back(), protection.seal(header, inside, world.dice()));
    CHECK(world.count<AttemptHint>() == 0);
    CHECK(connects(world, 5s));
}
