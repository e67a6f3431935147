// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"

using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::Closed;
using session::Connected;
using session::Reason;
using wire::ExchangeType;
using wire::NotifyType;

TEST_CASE("a connection takes exactly four messages and two round trips [RFC7296-1.2]") {
    World world;
    const Instant begun = world.now();
    REQUIRE(world.connect());
    CHECK(world.sent().size() == 2);
    CHECK(world.received().size() == 2);
    CHECK(world.now() - begun == 40ms);
    CHECK(world.count<session::ChildSaUp>() == 1);
    CHECK(world.difference() == "");
    check_carries(world);
    check_clean(world);
}

TEST_CASE("the virtual addresses and resolvers are those that the gateway gave [RFC7296-2.19]") {
    World world;
    REQUIRE(world.connect());
    const Connected& connected = *world.last<Connected>();
    REQUIRE(connected.config.addresses.size() == 2);
    CHECK(connected.config.addresses.at(0).text() == "10.99.0.7/32");
    CHECK(connected.config.addresses.at(1).text() == "fd99::7/128");
    CHECK(connected.config.dns.size() == 2);
    CHECK(connected.mobike);
    CHECK(connected.nat == session::NatVerdict{.local = true, .remote = false});
    CHECK(connected.gateway_identity == "vpn.example.org");
}

TEST_CASE("an address that was ours is asked for again [RFC7296-3.15.1]") {
    const IpAddress ours = *IpAddress::parse("10.99.0.77");
    World world(
        {.tune = [&](session::SessionConfig& session) { session.wanted_addresses = {ours}; }});
    REQUIRE(world.connect());
    const auto& addresses = world.last<Connected>()->config.addresses;
    REQUIRE(addresses.size() == 2);
    CHECK(addresses.at(0) == Prefix::host(ours));
    CHECK(addresses.at(1).text() == "fd99::7/128");
    check_carries(world);
}

TEST_CASE("the gateway says whose names its name servers know, for it is asked [RFC8598-3.1]") {
    gateway::Config config = gateway::default_config();
    config.dns_domains = {"corp.example.org"};
    World world({.gateway = config});
    REQUIRE(world.connect());
    CHECK(world.last<Connected>()->config.dns_domains == config.dns_domains);
}

TEST_CASE("the gateway may narrow the selectors [RFC7296-2.9]") {
    gateway::Config config = gateway::default_config();
    config.networks = {wire::TrafficSelector::from(*Prefix::parse("10.20.0.0/16"))};
    World world({.gateway = config, .tune = [](session::SessionConfig& session) {
                     session.policies = {
                         {{wire::TrafficSelector::from(*Prefix::parse("0.0.0.0/0"))}}};
                 }});
    REQUIRE(world.connect());
    const auto& sa = world.last<session::ChildSaUp>()->sa;
    CHECK(sa.remote_selectors == config.networks);
    check_clean(world);
}

TEST_CASE("a cookie is shown as it was given, before all else [RFC7296-2.6]") {
    gateway::Config config = gateway::default_config();
    config.demand_cookie = true;
    World world({.gateway = config});
    REQUIRE(world.connect());
    CHECK(heard(world, ExchangeType::ike_sa_init) == 2);
    CHECK(world.sent().size() == 3);
    check_clean(world);
}

TEST_CASE("the group that INVALID_KE_PAYLOAD names is taken [RFC7296-1.2]") {
    gateway::Config config = gateway::default_config();
    crypto::IkeSuite suite = config.ike_suites.front();
    suite.group = crypto::GroupId::ecp_256;
    config.ike_suites = {suite};
    config.demand_cookie = true;
    World world({.gateway = config, .tune = [](session::SessionConfig& session) {
                     session.ike_proposals.front().groups = {crypto::GroupId::curve25519,
                                                             crypto::GroupId::ecp_256};
                 }});
    REQUIRE(world.connect());
    CHECK(heard(world, ExchangeType::ike_sa_init) >= 3);
    check_clean(world);
}

TEST_CASE("a group that was not offered is not taken [RFC7296-1.2]") {
    gateway::Config config = gateway::default_config();
    config.ike_suites.front().group = crypto::GroupId::curve25519;
    World world({.gateway = config, .tune = [](session::SessionConfig& session) {
                     session.retransmission.tries = 3;
                 }});
    world.start();
    const auto init = *wire::Header::decode(world.sent().front().datagram);
    const wire::Header header{.initiator_spi = init.initiator_spi,
                              .responder_spi = {},
                              .exchange = ExchangeType::ike_sa_init,
                              .response = true,
                              .message_id = {0}};
    const gateway::Payloads demand{
        gateway::notify(NotifyType::invalid_ke_payload, Writer().u16(14).release())};
    world.session().receive(wire::encode_message(header, demand), world.sent().front().path,
                            world.now());
    CHECK(world.run_until([&world] { return world.connected(); }, 1min));
}

TEST_CASE("AES-CBC with HMAC-SHA2, not AEAD, connects and carries [RFC7296-3.3]") {
    gateway::Config config = gateway::default_config();
    const crypto::CipherSuite aes_cbc{.encryption = crypto::EncryptionId::aes_cbc,
                                      .key_bits = 256,
                                      .integrity = crypto::IntegrityId::hmac_sha2_256_128};
    config.ike_suites.front().cipher = aes_cbc;
    config.esp_suites = {aes_cbc};
    World world({.gateway = config});
    REQUIRE(world.connect());
    CHECK(world.difference() == "");
    check_carries(world);
    world.rekey_ike();
    world.rekey_child();
    check_settles(world);
}

TEST_CASE("every suite of ours connects and rekeys against the gateway's own key derivation") {
    using enum crypto::EncryptionId;
    const crypto::CipherSuite ciphers[] = {{.encryption = aes_gcm_16, .key_bits = 128},
                                           {.encryption = chacha20_poly1305, .key_bits = 256},
                                           {.encryption = aes_cbc,
                                            .key_bits = 128,
                                            .integrity = crypto::IntegrityId::hmac_sha2_512_256}};
    for (const crypto::CipherSuite& cipher : ciphers) {
        for (const auto prf : {crypto::PrfId::hmac_sha2_384, crypto::PrfId::hmac_sha2_512}) {
            gateway::Config config = gateway::default_config();
            config.ike_suites.front().cipher = cipher;
            config.ike_suites.front().prf = prf;
            config.esp_suites = {cipher};
            CAPTURE(crypto::name(config.ike_suites.front()));
            World world({.gateway = config});
            REQUIRE(world.connect());
            world.rekey_ike();
            check_settles(world);
            world.rekey_child();
            check_settles(world);
            check_carries(world);
        }
    }
}

TEST_CASE("from IKE_AUTH on port 4500 is used, with no NAT in sight [RFC4555-3.3]") {
    World world;
    for (Uplink& uplink : world.network().uplinks()) {
        uplink.nat.reset();
    }
    REQUIRE(world.connect());
    CHECK(world.sent().at(0).path.remote.port == 500);
    CHECK(world.sent().at(0).path.local.port == 500);
    CHECK(world.sent().at(1).path.remote.port == 4500);
    CHECK(world.sent().at(1).path.local.port == 4500);
    CHECK(world.last<Connected>()->nat == session::NatVerdict{});
    check_clean(world);
}

TEST_CASE(
    "each error of IKE_SA_INIT has its reason, unconfirmed, and told at once [RFC7296-2.21.1]") {
    struct Case {
        NotifyType notify;
        Reason reason;
    };
    const Case cases[] = {{NotifyType::no_proposal_chosen, Reason::no_proposal_chosen},
                          {NotifyType::invalid_syntax, Reason::invalid_syntax},
                          {NotifyType::temporary_failure, Reason::rejected}};
    for (const Case& one : cases) {
        CAPTURE(wire::name(one.notify));
        gateway::Config config = gateway::default_config();
        config.refuse.ike_sa_init = one.notify;
        World world({.gateway = config});
        world.start();
        world.run_for(50ms);
        REQUIRE(world.count<session::AttemptHint>() == 1);
        CHECK(world.last<session::AttemptHint>()->failure.reason == one.reason);
        world.run_for(2min);
        CHECK(world.count<session::AttemptHint>() == 1);
        REQUIRE(world.count<Closed>() == 1);
        const session::Failure& failure = world.last<Closed>()->failure;
        CHECK(failure.reason == Reason::gateway_unreachable);
        CHECK(failure.unconfirmed == one.reason);
        CHECK(failure.detail.find(wire::name(one.notify)) != std::string::npos);
        CHECK(world.sent().size() == session::RetransmissionPolicy{}.tries);
    }
}

TEST_CASE("each error of IKE_AUTH has its reason [RFC7296-2.21.2]") {
    struct Case {
        NotifyType notify;
        Reason reason;
    };
    const Case whole[] = {
        {NotifyType::authentication_failed, Reason::authentication_failed},
        {NotifyType::invalid_syntax, Reason::invalid_syntax},
        {NotifyType::unsupported_critical_payload, Reason::unsupported_critical_payload}};
    for (const Case& one : whole) {
        gateway::Config config = gateway::default_config();
        config.refuse.ike_auth = one.notify;
        CAPTURE(wire::name(one.notify));
        const session::Failure failure = failure_against(config);
        CHECK(failure.reason == Reason::gateway_unreachable);
        CHECK(failure.unconfirmed == one.reason);
    }
}

TEST_CASE(
    "each error about the first Child SA has its reason, and the IKE SA is deleted "
    "[RFC7296-1.2]") {
    struct Case {
        NotifyType notify;
        Reason reason;
    };
    const Case cases[] = {{NotifyType::no_proposal_chosen, Reason::no_proposal_chosen},
                          {NotifyType::ts_unacceptable, Reason::ts_unacceptable},
                          {NotifyType::internal_address_failure, Reason::internal_address_failure},
                          {NotifyType::failed_cp_required, Reason::failed_cp_required},
                          {NotifyType::single_pair_required, Reason::single_pair_required},
                          {NotifyType::no_additional_sas, Reason::no_additional_sas}};
    for (const Case& one : cases) {
        gateway::Config config = gateway::default_config();
        config.refuse.first_child = one.notify;
        CAPTURE(wire::name(one.notify));
        World world({.gateway = config});
        CHECK_FALSE(world.connect());
        CHECK(world.last<Closed>()->failure.reason == one.reason);
        world.run_for(1s);
        CHECK(world.gateway().client() == nullptr);
        check_clean(world);
    }
}

TEST_CASE("a wrong PSK is authentication-failed, told by the gateway [RFC7296-2.21.2]") {
    World world({.tune = [](session::SessionConfig& session) {
        session.local.proof =
            auth::PreSharedKey{crypto::SecretBytes::copy_of(as_bytes("another word"))};
    }});
    CHECK_FALSE(world.connect());
    const session::Failure& failure = world.last<Closed>()->failure;
    CHECK(failure.unconfirmed == Reason::authentication_failed);
    CHECK(failure.detail.find("we said to be alice@example.org and asked for vpn.example.org") !=
          std::string::npos);
    CHECK(world.sent().size() == 2);  // one login that failed, no second one
}

TEST_CASE("a gateway that can't prove itself is told and left [RFC7296-2.21.2]") {
    World world({.tune = [](session::SessionConfig& session) {
        session.gateway.proof =
            auth::PreSharedKey{crypto::SecretBytes::copy_of(as_bytes("another word"))};
    }});
    CHECK_FALSE(world.connect());
    CHECK(world.last<Closed>()->failure.unconfirmed == Reason::authentication_failed);
    CHECK(world.count<Connected>() == 0);
    world.run_for(1s);
    CHECK(heard(world, NotifyType::authentication_failed) == 1);
}

TEST_CASE("a gateway of another name is refused, however well it proves itself [RFC7296-2.15]") {
    World world({.tune = [](session::SessionConfig& session) {
        session.gateway.id.data = Bytes{'e', 'l', 's', 'e'};
    }});
    CHECK_FALSE(world.connect());
    CHECK(world.last<Closed>()->failure.unconfirmed == Reason::wrong_gateway_identity);
}

TEST_CASE(
    "a gateway that is not there is unreachable, after so many tries and longer gaps "
    "[RFC7296-2.4]") {
    World world;
    lose_everything(world, wlan0);
    CHECK_FALSE(world.connect());
    CHECK(world.last<Closed>()->failure.reason == Reason::gateway_unreachable);
    const session::RetransmissionPolicy policy;
    REQUIRE(world.sent().size() == policy.tries);
    for (const auto& again : world.sent()) {
        CHECK(again.datagram == world.sent().front().datagram);
    }
}

TEST_CASE("an answer that was lost is asked for again, and nothing is done twice [RFC7296-2.1]") {
    World world;
    for (Uplink& uplink : world.network().uplinks()) {
        uplink.quality.duplication = 1;
    }
    world.start();
    world.run_for(15ms);
    lose_everything(world, wlan0);
    world.run_for(2s);
    lose_everything(world, wlan0, false);
    CHECK(world.run_until([&world] { return world.connected(); }, 1min));
    CHECK(world.count<Connected>() == 1);
    check_settles(world);
}

TEST_CASE("a path that is lost before there is an IKE SA is tried anew by the other") {
    World world;
    world.start(wlan0);
    world.network().uplink(wlan0).up = false;
    world.move(wwan0, session::MoveKind::forced);
    CHECK(world.run_until([&world] { return world.connected(); }, 1min));
    CHECK(world.last<Connected>()->path.interface == wwan0);
    check_settles(world);
}

TEST_CASE("our side as the gateway chose it has to be one that we offered [RFC7296-2.9]") {
    gateway::Config config = gateway::default_config();
    config.tamper = [](const wire::Header& header, gateway::Payloads& payloads) {
        for (wire::Payload& payload : payloads) {
            auto* tsi = std::get_if<wire::TsiPayload>(&payload);
            if (header.exchange == ExchangeType::ike_auth && tsi != nullptr) {
                tsi->selectors.push_back(wire::TrafficSelector::from(*Prefix::parse("fd99::/64")));
            }
        }
    };
    World world({.gateway = config,
                 .tune = [](session::SessionConfig& session) { session.request_ipv6 = false; }});
    CHECK_FALSE(world.connect());
    CHECK(world.last<Closed>()->failure.reason == Reason::protocol_error);
}

namespace {

/// IKE_AUTH's answer with another TSi.
gateway::Config with_tsi(const std::vector<wire::TrafficSelector>& selectors) {
    gateway::Config config = gateway::default_config();
    config.tamper = [selectors](const wire::Header& header, gateway::Payloads& payloads) {
        for (wire::Payload& payload : payloads) {
            auto* tsi = std::get_if<wire::TsiPayload>(&payload);
            if (header.exchange == ExchangeType::ike_auth && tsi != nullptr) {
                tsi->selectors = selectors;
            }
        }
    };
    return config;
}

wire::TrafficSelector net(const char* text) {
    return wire::TrafficSelector::from(*Prefix::parse(text));
}

}  // namespace

TEST_CASE("a virtual address that TSi does not cover is not taken, and said [RFC7296-2.19]") {
    World world({.gateway = with_tsi({net("10.99.0.8/32"), net("fd99::7/128")})});
    REQUIRE(world.connect());
    const session::AssignedConfig& given = world.last<Connected>()->config;
    REQUIRE(given.addresses.size() == 1);
    CHECK(given.addresses.front().text() == "fd99::7/128");
    REQUIRE(given.left_out.size() == 1);
    CHECK(given.left_out.front().find("10.99.0.7") != std::string::npos);
}

TEST_CASE("virtual addresses none of which TSi covers are a broken answer [RFC7296-2.19]") {
    World world({.gateway = with_tsi({net("10.99.0.8/32"), net("fd99::8/128")})});
    CHECK_FALSE(world.connect());
    CHECK(world.last<Closed>()->failure.reason == Reason::protocol_error);
    CHECK(world.last<Closed>()->failure.detail.find("10.99.0.7, fd99::7") != std::string::npos);
}

TEST_CASE("an odd attribute of CFG_REPLY costs itself, and is said [RFC7296-3.15.1]") {
    gateway::Config config = gateway::default_config();
    config.tamper = [](const wire::Header&, gateway::Payloads& payloads) {
        for (wire::Payload& payload : payloads) {
            if (auto* reply = std::get_if<wire::ConfigPayload>(&payload)) {
                reply->attributes.push_back(
                    {.type = wire::ConfigAttributeType::internal_ip4_dns, .value = Bytes(8, 10)});
                reply->attributes.push_back(
                    wire::internal_dns_domain("a.example.org b.example.org"));
            }
        }
    };
    World world({.gateway = config});
    REQUIRE(world.connect());
    const session::AssignedConfig& given = world.last<Connected>()->config;
    CHECK(given.addresses.size() == 2);
    CHECK(given.dns.size() == 2);
    CHECK(given.dns_domains.empty());
    CHECK(given.left_out ==
          std::vector<std::string>{"INTERNAL_IP4_DNS of 8 bytes",
                                   "INTERNAL_DNS_DOMAIN \"a.example.org b.example.org\""});
}

TEST_CASE("without a virtual address our side is the address that we have [RFC7296-2.9]") {
    gateway::Config config = gateway::default_config();
    config.internal_addresses = {*IpAddress::parse("10.1.0.2")};
    World world({.gateway = config, .tune = [](session::SessionConfig& session) {
                     session.request_ipv4 = session.request_ipv6 = false;
                 }});
    REQUIRE(world.connect());
    CHECK(world.last<Connected>()->config.addresses.empty());
    CHECK(world.last<session::ChildSaUp>()->sa.local_selectors == std::vector{net("10.1.0.2/32")});
}
