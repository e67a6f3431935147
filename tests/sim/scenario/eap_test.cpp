// SPDX-License-Identifier: Apache-2.0
// Logging in by a name and a password (RFC 7296 2.16).
#include "ike/base/overloaded.hpp"
#include "tests/sim/scenario/login.hpp"

using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::Closed;
using session::Connected;
using session::Reason;
using wire::ExchangeType;
using wire::NotifyType;

namespace {

/// The client's password is another one than the gateway's.
void use_wrong_password(session::SessionConfig& config) {
    config.local.proof = eap::Credentials{
        .user_name = "alice", .password = crypto::SecretBytes::copy_of(as_bytes("another"))};
}

/// The payloads of the client's IKE_AUTH requests, the first being 0.
const gateway::Payloads& auth_request(const World& world, std::size_t number) {
    for (const gateway::Said& said : world.gateway().transcript()) {
        if (!said.by_gateway && said.header.exchange == ExchangeType::ike_auth && number-- == 0) {
            return said.payloads;
        }
    }
    FAIL("there is no such request");
    return world.gateway().transcript().front().payloads;
}

template <class Payload>
bool has(const gateway::Payloads& payloads) {
    return wire::find<Payload>(payloads) != nullptr;
}

}  // namespace

TEST_CASE("a name and a password connect, in five exchanges of IKE_AUTH [RFC7296-2.16]") {
    World world({.gateway = eap_gateway()});
    const Instant begun = world.now();
    REQUIRE(world.connect());
    CHECK(heard(world, ExchangeType::ike_auth) == 5);
    CHECK(world.now() - begun == 120ms);
    CHECK(world.last<Connected>()->gateway_identity == "vpn.example.org");
    CHECK(world.last<Connected>()->mobike);
    CHECK(world.last<Connected>()->config.addresses.size() == 2);
    check_settles(world);
    check_carries(world);
}

TEST_CASE("the first request has no AUTH, and all else; the last has AUTH alone [RFC7296-2.16]") {
    World world({.gateway = eap_gateway()});
    REQUIRE(world.connect());
    const gateway::Payloads& first = auth_request(world, 0);
    CHECK_FALSE(has<wire::AuthPayload>(first));
    CHECK(has<wire::IdiPayload>(first));
    CHECK(has<wire::SaPayload>(first));
    CHECK(has<wire::ConfigPayload>(first));
    // RFC 4555 3.1: in the request that has the SA payload.
    CHECK(wire::find_notify(first, NotifyType::mobike_supported) != nullptr);
    CHECK(wire::find_notify(first, NotifyType::initial_contact) != nullptr);
    for (std::size_t number : {1U, 2U, 3U}) {
        CHECK(auth_request(world, number).size() == 1);
        CHECK(has<wire::EapPayload>(auth_request(world, number)));
    }
    CHECK(auth_request(world, 4).size() == 1);
    CHECK(has<wire::AuthPayload>(auth_request(world, 4)));
}

TEST_CASE("the name of EAP may be apart from IDi [RFC7296-2.16]") {
    World world({.gateway = eap_gateway({.user_name = "EXAMPLE\\alice"})});
    REQUIRE(world.connect());
    const auto* response = wire::find<wire::EapPayload>(auth_request(world, 1));
    REQUIRE(response != nullptr);
    CHECK(as_text(ByteView(response->data).subspan(5)) == "EXAMPLE\\alice");
    CHECK(wire::find<wire::IdiPayload>(auth_request(world, 0))->id.text() == "alice@example.org");
}

TEST_CASE("a gateway that asks for no identity, tells a notice, or wants another method connects") {
    const gateway::EapConfig ways[] = {{.asks_identity = false},
                                       {.notifications = 20},
                                       {.other_method = eap::Type::tls},
                                       {.other_method = eap::Type::expanded}};
    for (const gateway::EapConfig& way : ways) {
        World world({.gateway = eap_gateway(way)});
        CHECK(world.connect());
        check_clean(world);
    }
}

TEST_CASE("a wrong password ends at once, said by the gateway itself, and is tried once") {
    World world({.gateway = eap_gateway(), .tune = use_wrong_password});
    const Instant begun = world.now();
    const session::Failure failure = failure_of(world);
    CHECK(failure.reason == Reason::authentication_failed);
    CHECK_FALSE(failure.unconfirmed);
    CHECK(failure.detail ==
          "EAP: the gateway says: the name or the password is wrong (MSCHAPv2 error 691), \"Ask "
          "Bob\"");
    CHECK(failure.remedy.find("local.password_file") != std::string::npos);
    CHECK(world.now() - begun < 2s);
    CHECK(heard(world, ExchangeType::ike_sa_init) == 1);
    CHECK(heard(world, ExchangeType::ike_auth) == 4);
    CHECK(heard(world, ExchangeType::informational) == 0);
}

TEST_CASE("an account that may not log in is authentication-failed with what to do about that") {
    for (const char* code : {"646", "647", "648", "649", "709"}) {
        World world({.gateway = eap_gateway({.refusal = "E=" + std::string(code) + " R=0 V=3"}),
                     .tune = use_wrong_password});
        const session::Failure failure = failure_of(world);
        CHECK(failure.reason == Reason::authentication_failed);
        CHECK(failure.detail.find(code) != std::string::npos);
        CHECK_FALSE(failure.remedy.empty());
    }
}

TEST_CASE("a gateway that does not know the password is told and left [RFC2759-5]") {
    World world({.gateway = eap_gateway({.knows_password = false})});
    CHECK(failure_of(world).reason == Reason::authentication_failed);
    CHECK(heard(world, NotifyType::authentication_failed) == 1);
}

TEST_CASE("a gateway that wants a method which is not configured: unsupported-authentication") {
    const session::Failure failure =
        failure_against({.other_method = eap::Type::tls, .only_other_method = true});
    CHECK(failure.reason == Reason::unsupported_authentication);
    CHECK(failure.detail == "EAP: the gateway wants EAP TLS; configured is mschapv2");
}

TEST_CASE("a gateway that skips EAP, wholly or half-way, is refused and told [RFC7296-2.16]") {
    for (const unsigned rounds : {0U, 1U, 2U, 3U}) {
        CAPTURE(rounds);
        World world({.gateway = eap_gateway({.skips_after = rounds})});
        CHECK(failure_of(world).reason == Reason::eap_skipped);
        CHECK(heard(world, NotifyType::authentication_failed) == 1);
        CHECK(world.count<session::ChildSaUp>() == 0);
    }
}

TEST_CASE("a gateway that asks on and on is left after 64 rounds") {
    World world({.gateway = eap_gateway({.notifications = 1000})});
    CHECK(failure_of(world).reason == Reason::protocol_error);
    CHECK(heard(world, ExchangeType::ike_auth) == 65);
}

TEST_CASE("the last AUTH of the gateway is by the key that EAP made, or it is none") {
    World world({.gateway = eap_gateway({.own_auth_wrong = true})});
    CHECK(failure_of(world).reason == Reason::authentication_failed);
    CHECK(heard(world, NotifyType::authentication_failed) == 1);
    CHECK(world.count<session::ChildSaUp>() == 0);
}

TEST_CASE("a gateway that can't prove itself learns neither name nor password [RFC7296-2.16]") {
    World world({.gateway = eap_gateway(), .tune = [](session::SessionConfig& session) {
                     session.gateway.proof =
                         auth::PreSharedKey{crypto::SecretBytes::copy_of(as_bytes("another"))};
                 }});
    CHECK(failure_of(world).unconfirmed == Reason::authentication_failed);
    CHECK(heard(world, ExchangeType::ike_auth) == 1);
    CHECK_FALSE(has<wire::EapPayload>(auth_request(world, 0)));
}

TEST_CASE("a gateway that wants EAP before it has proved itself gets none [RFC5998-4]") {
    gateway::Config config = eap_gateway();
    config.tamper = [](const wire::Header&, gateway::Payloads& payloads) {
        std::erase_if(payloads, [](const wire::Payload& payload) {
            return std::holds_alternative<wire::AuthPayload>(payload);
        });
    };
    World world({.gateway = config});
    CHECK(failure_of(world).unconfirmed == Reason::unsupported_authentication);
    CHECK(heard(world, ExchangeType::ike_auth) == 1);
}

TEST_CASE("a gateway that asks for EAP where none is configured is told apart") {
    gateway::Config config = gateway::default_config();
    config.tamper = [](const wire::Header& header, gateway::Payloads& payloads) {
        if (header.exchange == ExchangeType::ike_auth) {
            payloads = {payloads.at(0), payloads.at(1), wire::EapPayload{{1, 1, 0, 5, 1}}};
        }
    };
    World world({.gateway = config});
    CHECK_FALSE(world.connect());
    const session::Failure& failure = world.last<Closed>()->failure;
    CHECK(failure.reason == Reason::unsupported_authentication);
    CHECK(failure.detail.find("EAP") != std::string::npos);
    world.run_for(1s);
    CHECK(heard(world, NotifyType::authentication_failed) == 1);
}

TEST_CASE("a gateway that has no EAP for us says so before it proves itself") {
    World world({.tune = use_wrong_password});
    CHECK_FALSE(world.connect());
    CHECK(world.last<Closed>()->failure.unconfirmed == Reason::authentication_failed);
}

TEST_CASE("each message of the login may be lost, or come twice [RFC7296-2.1]") {
    for (unsigned lost = 0; lost < 6; ++lost) {
        CAPTURE(lost);
        World world({.gateway = eap_gateway()});
        for (Uplink& uplink : world.network().uplinks()) {
            uplink.quality.duplication = 1;
        }
        world.start();
        world.run_for(lost * 20ms + 15ms);
        lose_everything(world, wlan0);
        world.run_for(1s);
        lose_everything(world, wlan0, false);
        CHECK(world.run_until([&world] { return world.connected(); }, 1min));
        CHECK(heard(world, ExchangeType::ike_auth) == 5);
        check_settles(world);
    }
}

TEST_CASE("a gateway that takes its time within the login is waited for, and nobody else asked") {
    World world({.gateway = eap_gateway()});
    world.start();
    world.run_for(70ms);
    lose_everything(world, wlan0);
    world.run_for(20s);
    CHECK(world.count<Closed>() == 0);
    CHECK(world.count<session::AttemptHint>() == 0);  // it is no question of the path's MTU
    CHECK(heard(world, ExchangeType::ike_sa_init) == 1);
    lose_everything(world, wlan0, false);
    CHECK(world.run_until([&world] { return world.connected(); }, 30s));
    CHECK(heard(world, ExchangeType::ike_sa_init) == 1);
    check_settles(world);
}

TEST_CASE("a cookie and another group come before the login, and it is right after them") {
    gateway::Config config = eap_gateway();
    config.ike_suites.front().group = crypto::GroupId::ecp_256;
    config.demand_cookie = true;
    World world({.gateway = config, .tune = [](session::SessionConfig& session) {
                     session.ike_proposals.front().groups = {crypto::GroupId::curve25519,
                                                             crypto::GroupId::ecp_256};
                 }});
    REQUIRE(world.connect());
    check_clean(world);
}

TEST_CASE("a path that is lost within the login begins it anew by the other") {
    World world({.gateway = eap_gateway()});
    world.start(wlan0);
    world.run_for(70ms);
    CHECK(heard(world, ExchangeType::ike_auth) > 1);
    world.network().uplink(wlan0).up = false;
    world.move(wwan0, session::MoveKind::forced);
    CHECK(world.run_until([&world] { return world.connected(); }, 1min));
    CHECK(world.last<Connected>()->path.interface == wwan0);
    check_settles(world);
}

TEST_CASE("no strange answer to IKE_SA_INIT gets a login beside that of the gateway") {
    World world({.gateway = eap_gateway()});
    world.start();
    world.run_for(50ms);
    REQUIRE(heard(world, ExchangeType::ike_auth) >= 1);
    // The answer once more, as of another responder.
    Bytes strange = world.received().front().bytes;
    strange.at(15) ^= 1U;
    world.inject_down(strange, false);
    REQUIRE(world.run_until([&world] { return world.connected(); }, 1min));
    CHECK(world.sent().size() == 6);
    check_clean(world);
}

TEST_CASE("a roam, rekeys of both kinds and a sign of life never ask for the password anew") {
    World world({.gateway = eap_gateway()});
    connected(world);
    world.move(wwan0, session::MoveKind::forced);
    check_settles(world);
    world.rekey_ike();
    check_settles(world);
    world.rekey_child();
    check_settles(world);
    world.wish(gateway::RekeyIkeWish{});
    check_settles(world);
    world.run_for(3min);
    check_settles(world);
    check_carries(world);
    CHECK(heard(world, ExchangeType::ike_auth) == 5);
}

TEST_CASE("an IKE SA without a Child SA is deleted after a login, too [RFC7296-1.2]") {
    gateway::Config config = eap_gateway();
    config.refuse.first_child = NotifyType::ts_unacceptable;
    World world({.gateway = config});
    CHECK_FALSE(world.connect());
    CHECK(world.last<Closed>()->failure.reason == Reason::ts_unacceptable);
    world.run_for(1s);
    CHECK(world.gateway().client() == nullptr);
    check_clean(world);
}
