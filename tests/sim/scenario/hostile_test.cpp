// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/authentic.hpp"

using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::Closed;
using session::Reason;
using wire::ExchangeType;
using wire::NotifyType;

namespace {

/// The header of a message that the gateway might send on the IKE SA in use.
wire::Header gateway_header(World& world, ExchangeType exchange, std::uint32_t id) {
    const gateway::IkeSpiPair& spis = world.gateway().ike_sa()->spis;
    return {.initiator_spi = spis.initiator,
            .responder_spi = spis.responder,
            .exchange = exchange,
            .message_id = {id}};
}

}  // namespace

TEST_CASE("an unprotected notify closes nothing, whatever it says [RFC7296-2.21.4]") {
    World world;
    connected(world);
    for (const NotifyType type : {NotifyType::invalid_ike_spi, NotifyType::authentication_failed,
                                  NotifyType::invalid_syntax, NotifyType::no_proposal_chosen}) {
        for (const bool response : {false, true}) {
            for (const std::uint32_t id : {0U, 1U, 2U}) {
                wire::Header header = gateway_header(world, ExchangeType::informational, id);
                header.response = response;
                world.inject_down(
                    wire::encode_message(header, gateway::Payloads{gateway::notify(type)}), true);
            }
        }
    }
    CHECK(world.connected());
    check_clean(world);
}

TEST_CASE("an unprotected Delete closes nothing [RFC7296-1.4.1]") {
    World world;
    connected(world);
    const gateway::Payloads deletion{
        wire::DeletePayload{.protocol = wire::ProtocolId::ike, .spis = {}}};
    world.inject_down(
        wire::encode_message(gateway_header(world, ExchangeType::informational, 0), deletion),
        true);
    CHECK(world.connected());
    check_clean(world);
}

TEST_CASE("one flipped bit anywhere makes a datagram nobody's [RFC7296-2.21.4]") {
    World world;
    connected(world);
    lose_everything(world, wlan0);
    world.wish(gateway::LivenessWish{});
    // A liveness request of the gateway that never came through, in all its damaged forms.
    wire::Header header = gateway_header(world, ExchangeType::informational, 0);
    gateway::Protection attacker({.encryption = crypto::EncryptionId::aes_gcm_16, .key_bits = 256},
                                 world.gateway().ike_sa()->keys, false);
    const Bytes whole = attacker.seal(header, gateway::Payloads{}, world.dice());
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        Bytes damaged = whole;
        damaged.at(bit / 8) ^= static_cast<std::uint8_t>(1U << bit % 8);
        world.inject_down(damaged, true);
    }
    CHECK(world.connected());
    const std::size_t sent = world.sent().size();
    world.inject_down(whole, false);
    CHECK(world.sent().size() == sent + 1);  // and undamaged it is answered
    check_clean(world);
}

TEST_CASE("a datagram cut anywhere is nobody's") {
    World world;
    connected(world);
    const Bytes whole = world.received().back().bytes;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        world.inject_down(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)),
                          true);
    }
    CHECK(world.connected());
    check_clean(world);
}

TEST_CASE("every datagram played back at any time changes nothing [RFC7296-2.3]") {
    World world;
    connected(world);
    world.rekey_child();
    world.move(wwan0, session::MoveKind::preferred);
    world.run_for(2s);
    world.wish(gateway::RekeyChildWish{world.gateway().sending_child()->inbound});
    world.rekey_ike();
    check_settles(world);
    const auto before = world.events().size();
    const auto recorded = world.received();
    for (const gateway::Datagram& datagram : recorded) {
        world.inject_down(datagram.bytes, false);
    }
    CHECK(world.events().size() == before);
    CHECK(world.plane().path()->interface == wwan0);
    check_settles(world);
    check_carries(world);
}

TEST_CASE("our own datagrams thrown back at us change nothing [RFC7296-3.1]") {
    World world;
    connected(world);
    world.rekey_child();
    world.run_for(1s);
    std::vector<Bytes> own;
    for (const session::Transmit& transmit : world.sent()) {
        own.push_back(transmit.datagram);
    }
    for (const Bytes& datagram : own) {
        world.inject_down(datagram, true);
    }
    CHECK(world.connected());
    check_clean(world);
}

TEST_CASE("an authentic answer with another Message ID is not the answer [RFC7296-2.2]") {
    World world;
    connected(world);
    lose_everything(world, wlan0);
    world.rekey_child();
    const gateway::Payloads refusal{gateway::notify(NotifyType::child_sa_not_found)};
    const auto answer_with_id = [&](std::uint32_t id) {
        return from_gateway(world, ExchangeType::create_child_sa, id, refusal, true);
    };
    for (const std::uint32_t id : {0U, 1U, 3U, 0xffffffffU}) {
        world.inject_down(answer_with_id(id), true);
    }
    CHECK(world.connected());
    CHECK(world.count<session::ChildSaDown>() == 0);
    check_clean(world);
    world.inject_down(answer_with_id(2), false);
    CHECK(world.count<session::ChildSaDown>() == 1);
}

TEST_CASE("only what can be the answer to our IKE_SA_INIT is looked at [RFC7296-2.2, 3.1]") {
    World world;
    lose_everything(world, wlan0);
    world.start();
    const auto init = *wire::Header::decode(world.sent().front().datagram);
    const wire::Header fitting{.initiator_spi = init.initiator_spi,
                               .responder_spi = {},
                               .exchange = ExchangeType::ike_sa_init,
                               .response = true,
                               .message_id = {0}};
    const auto is_asked_again = [&world](const wire::Header& header) {
        const std::size_t sent = world.sent().size();
        const gateway::Payloads cookie{gateway::notify(NotifyType::cookie, Bytes(16, 1))};
        world.inject(wire::encode_message(header, cookie), world.sent().front().path);
        return world.sent().size() > sent;
    };
    wire::Header other = fitting;
    SUBCASE("another initiator's SPI") {
        other.initiator_spi.value ^= 1U;
    }
    SUBCASE("a request") {
        other.response = false;
    }
    SUBCASE("from the original initiator") {
        other.from_original_initiator = true;
    }
    SUBCASE("of another exchange") {
        other.exchange = ExchangeType::ike_auth;
    }
    SUBCASE("with another Message ID") {
        other.message_id = {1};
    }
    CHECK_FALSE(is_asked_again(other));
    CHECK(is_asked_again(fitting));
}

TEST_CASE("cookies without end do not make us ask without end [RFC7296-2.6]") {
    World world;
    world.start();
    const auto init = *wire::Header::decode(world.sent().front().datagram);
    const wire::Header header{.initiator_spi = init.initiator_spi,
                              .responder_spi = {},
                              .exchange = ExchangeType::ike_sa_init,
                              .response = true,
                              .message_id = {0}};
    lose_everything(world, wlan0);
    for (std::uint8_t number = 0; number < 100; ++number) {
        world.session().receive(
            wire::encode_message(
                header, gateway::Payloads{gateway::notify(NotifyType::cookie, Bytes(16, number))}),
            world.sent().front().path, world.now());
        world.run_for(1ms);
    }
    CHECK(world.sent().size() < 20);
}

TEST_CASE("an authentic gateway that answers nonsense ends the session with a reason") {
    gateway::Config config = gateway::default_config();
    World world({.gateway = config});
    connected(world);
    world.gateway().config().tamper = [](const wire::Header& header, gateway::Payloads& payloads) {
        if (header.response && header.exchange == ExchangeType::create_child_sa) {
            std::erase_if(payloads, [](const wire::Payload& payload) {
                return std::holds_alternative<wire::NoncePayload>(payload);
            });
        }
    };
    world.rekey_child();
    REQUIRE(world.run_until([&world] { return world.count<Closed>() == 1; }, 5s));
    CHECK(world.last<Closed>()->failure.reason == Reason::protocol_error);
}

TEST_CASE("a proposal that was not offered is not accepted [RFC7296-2.7]") {
    World world;
    world.gateway().config().tamper = [](const wire::Header& header, gateway::Payloads& payloads) {
        for (wire::Payload& payload : payloads) {
            auto* sa = std::get_if<wire::SaPayload>(&payload);
            if (sa != nullptr && header.exchange == ExchangeType::ike_auth) {
                sa->proposals.front().transforms.front().key_length = 128;
            }
        }
    };
    CHECK_FALSE(world.connect());
    CHECK(world.count<session::ChildSaUp>() == 0);
    CHECK(world.last<Closed>() != nullptr);
}

TEST_CASE("selectors wider than asked for are not accepted [RFC7296-2.9]") {
    gateway::Config config = gateway::default_config();
    World world({.gateway = config, .tune = [](session::SessionConfig& session) {
                     session.policies = {
                         {{wire::TrafficSelector::from(*Prefix::parse("10.20.0.0/16"))}}};
                 }});
    world.gateway().config().tamper = [](const wire::Header& header, gateway::Payloads& payloads) {
        for (wire::Payload& payload : payloads) {
            auto* tsr = std::get_if<wire::TsrPayload>(&payload);
            if (tsr != nullptr && header.exchange == ExchangeType::ike_auth) {
                tsr->selectors = {wire::TrafficSelector::from(*Prefix::parse("0.0.0.0/0"))};
            }
        }
    };
    CHECK_FALSE(world.connect());
    CHECK(world.count<session::ChildSaUp>() == 0);
}
