// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/authentic.hpp"

// A Child SA is never stronger than its IKE SA: NIAP FCS_IPSEC_EXT.1.14.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::Closed;
using session::Reason;
using wire::ExchangeType;
using wire::NotifyType;

namespace {

crypto::CipherSuite gcm(std::uint16_t bits) {
    return {.encryption = crypto::EncryptionId::aes_gcm_16, .key_bits = bits};
}
crypto::IkeSuite ike_gcm(std::uint16_t bits) {
    return {.cipher = gcm(bits),
            .prf = crypto::PrfId::hmac_sha2_256,
            .group = crypto::GroupId::curve25519};
}

/// The gateway prefers AES-128 for IKE and AES-256 for ESP; we have both of both.
WorldConfig lopsided() {
    WorldConfig config{.tune = [](session::SessionConfig& session) {
        session.ike_proposals = session::default_ike_proposals();
        session.esp_proposals = session::default_esp_proposals();
    }};
    config.gateway.ike_suites = {ike_gcm(128)};
    config.gateway.esp_suites = {gcm(256), gcm(128)};
    return config;
}

void set_key_length(gateway::Payloads& payloads, std::uint16_t bits) {
    for (wire::Payload& payload : payloads) {
        if (auto* sa = std::get_if<wire::SaPayload>(&payload)) {
            sa->proposals.front().transforms.front().key_length = bits;
        }
    }
}

/// Each of the gateway's answers in this exchange chooses a cipher of that many bits.
void choose_in(World& world, ExchangeType exchange, std::uint16_t bits) {
    world.gateway().config().tamper = [=](const wire::Header& header, gateway::Payloads& payloads) {
        if (header.response && header.exchange == exchange) {
            set_key_length(payloads, bits);
        }
    };
}

session::Failure failure_of(World& world) {
    REQUIRE(world.run_until([&world] { return world.count<Closed>() == 1; }, 30s));
    CHECK(world.violations().empty());
    return world.last<Closed>()->failure;
}

gateway::Payloads rekey_of_ike(const World& world) {
    return {gateway::offer_ike(world.gateway().ike_sa()->suite, Bytes(8, 7)),
            wire::NoncePayload{Bytes(32, 1)}, wire::KePayload{31, Bytes(32, 9)}};
}

}  // namespace

TEST_CASE("of a gateway that prefers a weak IKE SA and strong ESP the ESP is as weak") {
    World world(lopsided());
    connected(world);
    CHECK(world.gateway().sending_child()->terms.cipher == gcm(128));
    check_carries(world);
    SUBCASE("after a rekey of ours") {
        world.rekey_child();
    }
    SUBCASE("after a rekey of the gateway") {
        world.wish(gateway::RekeyChildWish{gateways_spi(world)});
    }
    check_settles(world);
    world.run_for(1s);
    CHECK(world.count<session::ChildSaRekeyed>() == 1);
    CHECK(world.gateway().sending_child()->terms.cipher == gcm(128));
}

TEST_CASE("a gateway that chooses a Child SA stronger than the IKE SA in IKE_AUTH is refused") {
    World world(lopsided());
    choose_in(world, ExchangeType::ike_auth, 256);
    world.start();
    const session::Failure failure = failure_of(world);
    CHECK(failure.reason == Reason::child_stronger_than_ike);
    CHECK(failure.detail ==
          "for the Child SA the gateway chose AES-GCM-16-256, and the IKE SA has keys of 128 bits");
    CHECK(world.count<session::ChildSaUp>() == 0);
}

TEST_CASE("a gateway that has strong ESP only behind a weak IKE SA is told so, and so are we") {
    WorldConfig config = lopsided();
    config.gateway.esp_suites = {gcm(256)};
    World world(std::move(config));
    world.start();
    const session::Failure failure = failure_of(world);
    CHECK(failure.reason == Reason::no_proposal_chosen);
    CHECK(failure.detail.find("the IKE SA has keys of 128 bits, so stronger ones of esp_proposals "
                              "were not offered") != std::string::npos);
    CHECK(failure.remedy == remedy(Reason::child_stronger_than_ike));
}

TEST_CASE("where all our ESP is stronger than what the gateway chose for IKE, nobody logs in") {
    WorldConfig config = lopsided();
    config.tune = [](session::SessionConfig& session) {
        session.ike_proposals = session::default_ike_proposals();
        session.esp_proposals = {{.encryption = {{crypto::EncryptionId::aes_gcm_16, 256}},
                                  .integrity = {},
                                  .groups = {}}};
    };
    World world(std::move(config));
    world.start();
    world.run_for(5s);
    CHECK(heard(world, ExchangeType::ike_auth) == 0);
    CHECK(world.count<Closed>() == 0);  // anybody may have sent that answer
    world.run_for(2min);
    REQUIRE(world.count<Closed>() == 1);
    CHECK(world.last<Closed>()->failure.unconfirmed == Reason::child_stronger_than_ike);
}

TEST_CASE("a stronger Child SA in the answer to our rekey is not taken") {
    World world(lopsided());
    connected(world);
    choose_in(world, ExchangeType::create_child_sa, 256);
    world.rekey_child();
    const session::Failure failure = failure_of(world);
    CHECK(failure.reason == Reason::protocol_error);
    CHECK(failure.detail.find("a cipher that is stronger than the IKE SA's") != std::string::npos);
    CHECK(world.count<session::ChildSaRekeyed>() == 0);
}

TEST_CASE("a rekey by the gateway with a stronger Child SA is refused, the old one stays") {
    World world(lopsided());
    connected(world);
    auto request = rekey_of_child(world, gateways_spi(world));
    set_key_length(request, 256);
    CHECK(says(answer_to(world, ExchangeType::create_child_sa, request),
               NotifyType::no_proposal_chosen));
    CHECK(world.count<session::ChildSaRekeyed>() == 0);
    check_carries(world);
}

TEST_CASE(
    "a weaker IKE SA in the answer to our rekey is not taken, for it inherits the Child SAs") {
    WorldConfig config = lopsided();
    config.gateway.ike_suites = {ike_gcm(256)};
    World world(std::move(config));
    connected(world);
    choose_in(world, ExchangeType::create_child_sa, 128);
    world.rekey_ike();
    const session::Failure failure = failure_of(world);
    CHECK(failure.reason == Reason::protocol_error);
    CHECK(failure.detail.find("weaker than the old IKE SA's") != std::string::npos);
}

TEST_CASE("a rekey by the gateway to a weaker IKE SA is refused, to one as strong it is not") {
    WorldConfig config = lopsided();
    config.gateway.ike_suites = {ike_gcm(256)};
    World world(std::move(config));
    connected(world);
    auto request = rekey_of_ike(world);
    SUBCASE("weaker") {
        set_key_length(request, 128);
        CHECK(says(answer_to(world, ExchangeType::create_child_sa, request),
                   NotifyType::no_proposal_chosen));
        check_carries(world);
    }
    SUBCASE("as strong") {
        const auto answer = answer_to(world, ExchangeType::create_child_sa, request);
        CHECK(wire::find<wire::SaPayload>(answer) != nullptr);
    }
}
