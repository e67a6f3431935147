// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/authentic.hpp"
#include "tests/sim/world/stranger.hpp"

#include <algorithm>

// IKE fragmentation, RFC 7383. A path that drops IP fragments lets no large datagram through.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::Closed;
using session::MoveKind;
using session::Reason;
using wire::ExchangeType;
using wire::NotifyType;
using wire::PayloadType;

namespace {

// UDP payloads of IKE in IP datagrams of 1280 and of 576 bytes.
constexpr std::size_t common_size = 1248;
constexpr std::size_t small_size = 544;

/// IKE_AUTH and each rekey of a Child SA have over 4 kB of traffic selectors, both ways.
gateway::Config many_networks() {
    gateway::Config config = gateway::default_config();
    config.networks.clear();
    for (int third = 0; third < 250; ++third) {
        const std::string prefix = "10.20." + std::to_string(third) + ".0/24";
        config.networks.push_back(wire::TrafficSelector::from(*Prefix::parse(prefix)));
    }
    return config;
}

void carry_at_most(World& world, std::size_t size) {
    for (Uplink& uplink : world.network().uplinks()) {
        uplink.largest_ike = size;
    }
}

bool is_fragment(const Bytes& datagram) {
    const auto header = wire::Header::decode(datagram);
    return header && header->next_payload == PayloadType::skf;
}

std::size_t largest_sent(const World& world) {
    std::size_t largest = 0;
    for (const session::Transmit& transmit : world.sent()) {
        largest = std::max(largest, transmit.datagram.size());
    }
    return largest;
}

/// The fragments that were sent since.
std::vector<Bytes> fragments_since(const World& world, std::size_t sent) {
    std::vector<Bytes> fragments;
    for (std::size_t at = sent; at < world.sent().size(); ++at) {
        if (is_fragment(world.sent()[at].datagram)) {
            fragments.push_back(world.sent()[at].datagram);
        }
    }
    return fragments;
}

/// The gateway's own message in fragments, sealed as it should be.
std::vector<Bytes> in_fragments(World& world, ExchangeType exchange, std::uint32_t id,
                                const gateway::Payloads& payloads, std::size_t largest) {
    const gateway::IkeSa* ike_sa = world.gateway().ike_sa();
    const wire::Header header{.initiator_spi = ike_sa->spis.initiator,
                              .responder_spi = ike_sa->spis.responder,
                              .exchange = exchange,
                              .message_id = {id}};
    gateway::Protection protection(ike_sa->suite.cipher, ike_sa->keys, false);
    return protection.seal_fragments(header, wire::encode_payloads(payloads), largest,
                                     world.dice());
}

/// One fragment of the gateway's with any numbers and any content.
Bytes fragment(World& world, std::uint16_t number, std::uint16_t total, Bytes content,
               PayloadType first = PayloadType::notify, std::uint32_t id = 0) {
    const gateway::IkeSa* ike_sa = world.gateway().ike_sa();
    const wire::Header header{.initiator_spi = ike_sa->spis.initiator,
                              .responder_spi = ike_sa->spis.responder,
                              .exchange = ExchangeType::informational,
                              .message_id = {id}};
    gateway::Protection protection(ike_sa->suite.cipher, ike_sa->keys, false);
    return protection.seal(header,
                           gateway::Part{.number = number,
                                         .total = total,
                                         .first = number == 1 ? first : PayloadType::none,
                                         .content = std::move(content)},
                           world.dice());
}

/// A request that says a lot and wants nothing.
gateway::Payloads long_request() {
    gateway::Payloads payloads;
    for (int count = 0; count < 8; ++count) {
        payloads.push_back(wire::VendorIdPayload{Bytes(100, 5)});
    }
    return payloads;
}

}  // namespace

TEST_CASE("what one datagram carries is not divided [RFC7383-2.4]") {
    World world;
    connected(world);
    world.rekey_ike();
    world.rekey_child();
    check_settles(world);
    CHECK(fragments_since(world, 0).empty());
    CHECK(heard(world, NotifyType::ikev2_fragmentation_supported) == 1);
}

TEST_CASE("IKE_AUTH and rekeys of over 4 kB get through where large datagrams do not [RFC7383]") {
    World world({.gateway = many_networks()});
    carry_at_most(world, common_size);
    connected(world);
    CHECK(world.now() < Instant(1001s));  // at the first try
    world.rekey_child();
    world.run_for(1s);
    world.rekey_ike();
    world.run_for(1s);
    world.rekey_child();
    check_settles(world);
    CHECK(world.count<session::ChildSaRekeyed>() == 2);
    check_carries(world);
    CHECK(largest_sent(world) <= common_size);
    CHECK(fragments_since(world, 0).size() >= 12);
    CHECK(world.session().counters().fragments_sent == fragments_since(world, 0).size());
    CHECK(world.session().counters().fragments_received >= 12);
}

TEST_CASE("without fragments over 4 kB do not get through there, and the reason says its size") {
    gateway::Config config = many_networks();
    bool ours = true;
    SUBCASE("the gateway does not know them") {
        config.fragmentation = false;
    }
    SUBCASE("they are switched off") {
        ours = false;
    }
    World world({.gateway = config, .tune = [ours](session::SessionConfig& session) {
                     session.fragmentation = ours;
                 }});
    carry_at_most(world, common_size);
    CHECK_FALSE(world.connect());
    REQUIRE(world.count<Closed>() == 1);
    const session::Failure& failure = world.last<Closed>()->failure;
    CHECK(failure.unconfirmed == Reason::ike_auth_unanswered);
    CHECK(failure.detail.find("IKE_AUTH of 4") != std::string::npos);
    CHECK(fragments_since(world, 0).empty());
}

TEST_CASE("smaller fragments are tried when the larger ones vanish [RFC7383-2.5.2]") {
    World world({.gateway = many_networks()});
    carry_at_most(world, small_size);
    connected(world);
    CHECK(world.now() < Instant(1002s));
    // From then on the path is known.
    const std::size_t sent = world.sent().size();
    world.rekey_child();
    world.run_for(1s);
    check_settles(world);
    CHECK(world.count<session::ChildSaRekeyed>() == 1);
    const auto rekey = fragments_since(world, sent);
    CHECK(std::ranges::all_of(rekey, [](const Bytes& each) { return each.size() <= small_size; }));
    CHECK(rekey.size() >= 8);
    check_carries(world);
}

TEST_CASE("a message that went whole is divided when it is not answered [RFC7383-2.4]") {
    gateway::Config config = gateway::default_config();
    config.ike_suites.front().group = crypto::GroupId::modp_4096;
    World world({.gateway = config});
    connected(world);
    carry_at_most(world, small_size);
    const std::size_t sent = world.sent().size();
    world.rekey_ike();
    CHECK(world.run_until([&] { return world.count<session::IkeSaRekeyed>() == 1; }, 3s));
    CHECK_FALSE(is_fragment(world.sent().at(sent).datagram));
    CHECK(fragments_since(world, sent).size() == 2);
    check_settles(world);
}

TEST_CASE("a path in doubt that swallows only what is large is not left [RFC7383-2.5.2]") {
    World world({.gateway = many_networks()});
    connected(world);
    world.standby({wwan0});
    world.network().uplink(wlan0).largest_ike = small_size;
    world.rekey_child();
    world.doubt_path();
    world.run_for(1s);
    CHECK(world.count<session::ChildSaRekeyed>() == 1);
    CHECK(world.count<session::PathDied>() == 0);
    check_settles(world);
}

TEST_CASE("fragments that are lost, doubled and reordered make the message all the same") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        gateway::Config config = many_networks();
        config.largest_datagram = seed % 2 == 0 ? common_size : small_size;
        World world({.seed = seed, .gateway = config});
        carry_at_most(world, config.largest_datagram);
        for (Uplink& uplink : world.network().uplinks()) {
            uplink.quality = {.delay = 10ms, .jitter = 40ms, .loss = 0.1, .duplication = 0.2};
        }
        connected(world);
        world.rekey_child();
        world.run_for(3s);
        world.wish(gateway::RekeyChildWish{gateways_spi(world)});
        world.move(wwan0, MoveKind::forced);
        check_settles(world, 2min);
    }
}

TEST_CASE("fragments in flight go on by the new path byte for byte [RFC4555-3.5, RFC7383-2.5.2]") {
    World world({.gateway = many_networks()});
    connected(world);
    lose_everything(world, wlan0);
    std::size_t sent = world.sent().size();
    world.rekey_child();
    const auto first = fragments_since(world, sent);
    CHECK(first.size() >= 4);
    sent = world.sent().size();
    world.move(wwan0, MoveKind::forced);
    CHECK(fragments_since(world, sent) == first);
    for (std::size_t at = sent; at < sent + first.size(); ++at) {
        CHECK(world.sent().at(at).path.interface == wwan0);
    }
    check_settles(world);
}

TEST_CASE("a request of the gateway's in fragments is answered in fragments [RFC7383-2.4, 2.5.1]") {
    gateway::Config config = many_networks();
    config.largest_datagram = 700;
    World world({.gateway = config});
    connected(world);
    const std::size_t sent = world.sent().size();
    world.wish(gateway::RekeyChildWish{gateways_spi(world)});
    check_settles(world);
    CHECK(world.count<session::ChildSaRekeyed>() == 1);
    const auto answer = fragments_since(world, sent);
    CHECK(answer.size() >= 6);
    CHECK(std::ranges::all_of(answer, [](const Bytes& each) { return each.size() <= 700; }));
}

TEST_CASE(
    "of a request that was answered only fragment 1 brings the answer again [RFC7383-2.6.1]") {
    World world({.gateway = many_networks()});
    connected(world);
    const auto request = in_fragments(world, ExchangeType::create_child_sa, 0,
                                      rekey_of_child(world, gateways_spi(world)), common_size);
    REQUIRE(request.size() > 2);
    std::size_t sent = world.sent().size();
    for (const Bytes& each : request) {
        world.inject_down(each, false);
    }
    const auto answer = fragments_since(world, sent);
    CHECK(answer.size() > 2);
    sent = world.sent().size();
    for (std::size_t at = 1; at < request.size(); ++at) {
        world.inject_down(request[at], true);  // changes nothing
    }
    CHECK(fragments_since(world, sent).empty());
    world.inject_down(request[0], false);
    CHECK(fragments_since(world, sent) == answer);

    // RFC 7383 2.5.2: divided anew, it asks for smaller ones.
    sent = world.sent().size();
    const auto smaller = in_fragments(world, ExchangeType::create_child_sa, 0,
                                      rekey_of_child(world, gateways_spi(world)), small_size);
    world.inject_down(smaller[0], false);
    const auto again = fragments_since(world, sent);
    CHECK(again.size() > answer.size());
    CHECK(std::ranges::all_of(again, [](const Bytes& each) { return each.size() <= small_size; }));
}

TEST_CASE("a fragment that is not authentic changes nothing [RFC7383-2.6]") {
    World world;
    connected(world);
    Bytes damaged = fragment(world, 1, 2, Bytes(50, 1));
    damaged.back() ^= 1U;
    world.inject_down(damaged, true);
    Bytes numbered = fragment(world, 1, 2, Bytes(50, 1));
    numbered[35] = 9;  // the total
    world.inject_down(numbered, true);
    CHECK(world.session().counters().fragments_refused == 2);
    CHECK(world.session().counters().fragments_received == 0);
    // The request that it would have been a part of is taken in as ever.
    for (const Bytes& each :
         in_fragments(world, ExchangeType::informational, 0, long_request(), 400)) {
        world.inject_down(each, false);
    }
    CHECK(std::ranges::any_of(world.sent(), [](const session::Transmit& transmit) {
        const auto header = wire::Header::decode(transmit.datagram);
        return header && header->response;
    }));
}

TEST_CASE("fragments that nobody asked for are dropped, whatever they say [RFC7383-2.6]") {
    World world;
    connected(world);
    const auto forged = [&](std::uint16_t number, std::uint16_t total, std::uint32_t id) {
        world.inject_down(fragment(world, number, total, Bytes(50, 1), PayloadType::notify, id),
                          true);
    };
    forged(1, 129, 0);  // more than are held
    forged(1, 65535, 0);
    forged(1, 2, 7);  // beyond the window
    for (std::uint16_t number = 1; number <= 100; ++number) {
        forged(number, 101, 0);  // never complete
    }
    forged(1, 2, 0);  // fewer than there are
    forged(2, 2, 0);
    CHECK(world.session().counters().fragments_refused == 2);
    CHECK(world.session().counters().fragments_received == 100);
    check_settles(world);
}

TEST_CASE("fragments where none were agreed upon are dropped [RFC7383-2.3]") {
    World world({.tune = [](session::SessionConfig& session) { session.fragmentation = false; }});
    connected(world);
    CHECK(heard(world, NotifyType::ikev2_fragmentation_supported) == 0);
    for (const Bytes& each :
         in_fragments(world, ExchangeType::informational, 0, long_request(), 400)) {
        world.inject_down(each, true);
    }
    CHECK(world.session().counters().fragments_refused > 0);
    check_settles(world);
}

TEST_CASE("a whole message in the place of one in fragments is taken, and the other way round") {
    World world;
    connected(world);
    auto fragments = in_fragments(world, ExchangeType::informational, 0, long_request(), 400);
    world.inject_down(fragments[0], true);
    world.inject_down(from_gateway(world, ExchangeType::informational, 0, long_request()), false);
    std::size_t sent = world.sent().size();
    world.inject_down(fragments[1], true);
    CHECK(world.sent().size() == sent);
    world.inject_down(fragments[0], false);  // its answer again
    CHECK(world.sent().size() == sent + 1);
    sent = world.sent().size();
    for (const Bytes& each :
         in_fragments(world, ExchangeType::informational, 1, long_request(), 400)) {
        world.inject_down(each, false);
    }
    CHECK(world.sent().size() == sent + 1);
}

TEST_CASE("a malformed message in fragments ends the IKE SA as one in one piece [RFC7296-2.21.3]") {
    World world;
    connected(world);
    world.inject_down(fragment(world, 1, 2, {0, 0, 0, 99}), true);
    world.inject_down(fragment(world, 2, 2, {1}), false);
    REQUIRE(world.count<Closed>() == 1);
    CHECK(world.last<Closed>()->failure.reason == Reason::protocol_error);
}

TEST_CASE("nobody keeps us from fragments, or to them, by altering IKE_SA_INIT [RFC7383-2.3]") {
    gateway::Config config = many_networks();
    bool forged_first = true;
    SUBCASE("says that the gateway knows none") {}
    SUBCASE("says so behind the true answer") {
        forged_first = false;
    }
    SUBCASE("says that the gateway knows them") {
        config.fragmentation = false;
    }
    World world({.gateway = config});
    if (config.fragmentation) {
        carry_at_most(world, common_size);
    }
    world.start();
    const session::Transmit init = newest_init(world);
    bool forged = false;
    CHECK(world.run_until(
        [&] {
            if (forged || world.gateway().transcript().size() < 2) {
                return world.connected();
            }
            gateway::Said answer = world.gateway().transcript().at(1);
            std::erase_if(answer.payloads, [](const wire::Payload& payload) {
                const auto* notify = std::get_if<wire::NotifyPayload>(&payload);
                return notify != nullptr &&
                       notify->type == NotifyType::ikev2_fragmentation_supported;
            });
            if (!config.fragmentation) {
                answer.payloads.push_back(
                    gateway::notify(NotifyType::ikev2_fragmentation_supported));
            }
            if (!forged_first && world.received().empty()) {
                return false;
            }
            forged = true;
            forge(world, init, wire::encode_message(answer.header, answer.payloads));
            return false;
        },
        30s));
    CHECK(forged);
}
