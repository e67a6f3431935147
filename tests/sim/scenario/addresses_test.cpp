// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"

// Further addresses of either side: RFC 4555 3.4 and 3.6.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::GatewayAddresses;
using session::MoveKind;
using wire::NotifyType;

namespace {

const IpAddress second_ipv4 = *IpAddress::parse("192.0.2.77");
const IpAddress second_ipv6 = *IpAddress::parse("2001:db8:ffff::77");

gateway::Config with_addresses(std::vector<IpAddress> addresses) {
    gateway::Config config = gateway::default_config();
    config.additional_addresses = std::move(addresses);
    return config;
}

std::vector<std::string> told(const World& world) {
    std::vector<std::string> texts;
    if (const auto* event = world.last<GatewayAddresses>()) {
        for (const IpAddress& address : event->addresses) {
            texts.push_back(address.text());
        }
    }
    return texts;
}

using Texts = std::vector<std::string>;

/// The addresses of its own that the client told in the last message that says something of them.
Texts announced(const World& world) {
    Texts texts;
    for (const gateway::Said& said : world.gateway().transcript()) {
        if (said.by_gateway || said.header.response) {
            continue;
        }
        Texts here;
        for (const auto* notify : wire::find_all<wire::NotifyPayload>(said.payloads)) {
            if (notify->type == NotifyType::no_additional_addresses) {
                here.emplace_back("none");
            } else if (notify->type == NotifyType::additional_ip4_address ||
                       notify->type == NotifyType::additional_ip6_address) {
                here.push_back(wire::additional_address(*notify)->text());
            }
        }
        texts = here.empty() ? texts : here;
    }
    return texts;
}

std::vector<IpAddress> all_local(World& world) {
    std::vector<IpAddress> all;
    for (const Uplink& uplink : world.network().uplinks()) {
        if (uplink.up) {
            all.insert(all.end(), uplink.addresses.begin(), uplink.addresses.end());
        }
    }
    return all;
}

void announce(World& world) {
    world.announce(all_local(world));
    world.run_for(1s);
}

}  // namespace

TEST_CASE("the gateway's further addresses come with IKE_AUTH [RFC4555-3.4]") {
    World world({.gateway = with_addresses({second_ipv4, second_ipv6})});
    connected(world);
    CHECK(told(world) == Texts{"192.0.2.1", "192.0.2.77", "2001:db8:ffff::77"});
    CHECK(world.session().counters().additional_ip4_address_received == 1);
    CHECK(world.session().counters().additional_ip6_address_received == 1);
}

TEST_CASE("a gateway that tells none has none, and one without MOBIKE isn't heard [RFC4555-3.4]") {
    World world;
    SUBCASE("none") {}
    SUBCASE("without MOBIKE") {
        world.gateway().config().mobike = false;
        world.gateway().config().tamper = [](const wire::Header&, gateway::Payloads& payloads) {
            payloads.push_back(wire::additional_address(second_ipv4));
        };
    }
    connected(world);
    world.wish(gateway::LivenessWish{});
    check_settles(world);
    CHECK(world.count<GatewayAddresses>() == 0);
}

TEST_CASE("addresses inside the tunnel, or of nobody, are not the gateway's [RFC4555-3.4]") {
    gateway::Config config =
        with_addresses({*IpAddress::parse("10.99.0.1"), *IpAddress::parse("10.20.0.1"),
                        *IpAddress::parse("127.0.0.1"), second_ipv4});
    config.networks = {wire::TrafficSelector::from(*Prefix::parse("10.20.0.0/16"))};
    World world({.gateway = config});
    connected(world);
    CHECK(told(world) == Texts{"192.0.2.1", "192.0.2.77"});
}

TEST_CASE("each message replaces the whole set [RFC4555-3.6]") {
    World world({.gateway = with_addresses({second_ipv4})});
    connected(world);
    world.wish(gateway::NotifyWish{{wire::additional_address(second_ipv6)}});
    world.run_for(1s);
    CHECK(told(world) == Texts{"192.0.2.1", "2001:db8:ffff::77"});
    world.wish(gateway::NotifyWish{{gateway::notify(NotifyType::no_additional_addresses)}});
    world.run_for(1s);
    CHECK(told(world) == Texts{"192.0.2.1"});
    CHECK(world.count<GatewayAddresses>() == 3);
    world.wish(gateway::NotifyWish{{gateway::notify(NotifyType::no_additional_addresses)}});
    world.run_for(1s);
    CHECK(world.count<GatewayAddresses>() == 3);  // nothing new
    check_settles(world);
}

TEST_CASE("a message without a word of addresses leaves them as they are [RFC4555-3.6]") {
    World world({.gateway = with_addresses({second_ipv4})});
    connected(world);
    world.wish(gateway::LivenessWish{});
    world.wish(gateway::ChallengeWish{Bytes(16, 0x42)});
    check_settles(world);
    CHECK(world.count<GatewayAddresses>() == 1);
}

TEST_CASE("the gateway's addresses outlive a rekey of the IKE SA [RFC4555-3.6]") {
    World world({.gateway = with_addresses({second_ipv4})});
    connected(world);
    world.rekey_ike();
    check_settles(world);
    world.wish(gateway::NotifyWish{{wire::additional_address(second_ipv4)}});
    check_settles(world, 1min);  // it waits until we have spoken by the new IKE SA
    CHECK(world.session().counters().additional_ip4_address_received == 2);
    CHECK(world.count<session::IkeSaRekeyed>() == 1);
    CHECK(world.count<GatewayAddresses>() == 1);  // the same as before
}

TEST_CASE("a further address of the gateway is one to move to [RFC4555-3.5]") {
    World world({.gateway = with_addresses({second_ipv4})});
    connected(world);
    const session::AddressPair there{wlan0, world.network().uplink(wlan0).addresses.front(),
                                     second_ipv4};
    MoveKind kind = MoveKind::forced;
    SUBCASE("at once") {}
    SUBCASE("after a test") {
        kind = MoveKind::preferred;
    }
    world.move(there, kind);
    check_settles(world);
    CHECK(world.plane().path()->remote.address == second_ipv4);
    CHECK(world.gateway().client()->esp.local.address == second_ipv4);
    check_carries(world);
}

TEST_CASE("a gateway that speaks from another address belongs to the set with it [RFC4555-3.6]") {
    World world;
    connected(world);
    world.wish(gateway::MoveWish{second_ipv4});
    world.run_for(1s);
    CHECK(told(world) == Texts{"192.0.2.77", "192.0.2.1"});
    check_carries(world);
}

TEST_CASE("unless told to, we say nothing of our other addresses [RFC4555-3.4]") {
    World world;
    connected(world);
    world.move(wwan0, MoveKind::preferred);
    check_settles(world);
    CHECK(announced(world).empty());
}

TEST_CASE("our addresses go with IKE_AUTH, but for that in the header [RFC4555-3.4]") {
    World world;
    world.announce(all_local(world));
    connected(world);
    CHECK(announced(world) == Texts{"2001:db8:1::2", "10.2.0.2", "2001:db8:2::2"});
    CHECK(heard(world, wire::ExchangeType::informational) == 0);
    check_clean(world);
}

TEST_CASE("NO_ADDITIONAL_ADDRESSES has no place in IKE_AUTH [RFC4555-4.2.3]") {
    World world;
    world.announce({*IpAddress::parse("10.1.0.2")});
    connected(world);
    world.run_for(1s);
    CHECK(announced(world).empty());
}

TEST_CASE("a change of our addresses is told in full, or that there is one only [RFC4555-3.6]") {
    World world;
    world.announce(all_local(world));
    connected(world);
    world.network().uplink(wwan0).up = false;
    announce(world);
    CHECK(announced(world) == Texts{"2001:db8:1::2"});
    world.network().uplink(wlan0).addresses.pop_back();
    announce(world);
    CHECK(announced(world) == Texts{"none"});
    announce(world);  // nothing new
    CHECK(heard(world, wire::ExchangeType::informational) == 2);
    CHECK(world.session().counters().no_additional_addresses_sent == 1);
    CHECK(world.session().counters().additional_ip6_address_sent == 3);
    check_settles(world);
}

TEST_CASE("UPDATE_SA_ADDRESSES brings the list as it is seen from the new address [RFC4555-3.6]") {
    World world;
    world.announce(all_local(world));
    connected(world);
    world.move(wwan0, MoveKind::forced);
    check_settles(world);
    CHECK(announced(world) == Texts{"10.1.0.2", "2001:db8:1::2", "2001:db8:2::2"});
    CHECK(heard(world, wire::ExchangeType::informational) == 1);
}

TEST_CASE("a change that moves us and changes our addresses is told by one message [RFC4555-3.6]") {
    World world;
    world.announce(all_local(world));
    connected(world);
    world.network().uplink(wlan0).up = false;
    world.announce(all_local(world));
    world.move(wwan0, MoveKind::forced);
    check_settles(world);
    CHECK(announced(world) == Texts{"2001:db8:2::2"});
    CHECK(heard(world, wire::ExchangeType::informational) == 1);
}

TEST_CASE("an announcement that left by another address is made anew [RFC4555-3.6]") {
    World world;
    world.announce({*IpAddress::parse("10.1.0.2")});
    connected(world);
    lose_everything(world, wlan0);
    announce(world);
    world.move(wwan0, MoveKind::forced);
    check_settles(world);
    CHECK(announced(world) == Texts{"10.1.0.2", "2001:db8:1::2", "2001:db8:2::2"});
    CHECK(last_heard(world, NotifyType::update_sa_addresses) ==
          last_heard(world, NotifyType::additional_ip4_address));
}
