// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/authentic.hpp"
#include "tests/sim/world/setup.hpp"

#include <algorithm>

// A tunnel without a virtual address: the local side of its Child SAs is the local address of the
// path, and follows it.
using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::ChildSaDown;
using session::ChildSaRefused;
using session::Closed;
using session::MoveKind;
using session::Reason;
using wire::ExchangeType;
using wire::NotifyType;

namespace {

constexpr const char* wlan0_address = "10.1.0.2";
constexpr const char* wwan0_address = "10.2.0.2";

wire::TrafficSelector everything_of(Family family) {
    return wire::TrafficSelector::from({IpAddress::any(family), 0});
}

gateway::Config open_gateway() {
    gateway::Config config = gateway::default_config();
    config.client_networks = {everything_of(Family::ipv4), everything_of(Family::ipv6)};
    return config;
}

void ask_for_no_address(session::SessionConfig& config) {
    config.request_ipv4 = config.request_ipv6 = false;
}

WorldConfig without_virtual_address(std::uint64_t seed = 1) {
    return {.seed = seed, .gateway = open_gateway(), .tune = ask_for_no_address};
}

template <class Payload>
std::string selectors_of(const gateway::Said& said) {
    std::string texts;
    for (const auto& selector : wire::find<Payload>(said.payloads)->selectors) {
        texts += (texts.empty() ? "" : " ") + selector.text();
    }
    return texts;
}

/// The last request of ours in such an exchange that has a TSi.
const gateway::Said& last_offer(const World& world, ExchangeType exchange) {
    const gateway::Said* last = nullptr;
    for (const gateway::Said& said : world.gateway().transcript()) {
        if (!said.by_gateway && said.header.exchange == exchange &&
            wire::find<wire::TsiPayload>(said.payloads) != nullptr) {
            last = &said;
        }
    }
    REQUIRE(last != nullptr);
    return *last;
}

void lose_wlan0(World& world, Family family = Family::ipv4) {
    world.network().uplink(wlan0).up = false;
    world.move(wwan0, MoveKind::forced, family);
}

void back_to_wlan0(World& world) {
    world.network().uplink(wlan0).up = true;
    world.move(wlan0, MoveKind::preferred);
}

/// Each Child SA that sends has this local side.
void check_local_side(const World& world, const std::string& address, Family family) {
    for (std::size_t policy = 0; policy < world.policies(); ++policy) {
        const Plane::Sa* sa = world.plane().sending(policy);
        REQUIRE(sa != nullptr);
        REQUIRE(sa->local_selectors.size() == 1);
        CHECK(sa->local_selectors.front().text() ==
              address + (family == Family::ipv4 ? "/32" : "/128"));
        CHECK(std::ranges::all_of(sa->remote_selectors, [&](const auto& selector) {
            return selector.first.family() == family;
        }));
    }
}

}  // namespace

TEST_CASE("without virtual_ip none is asked for, TSi is the path's local address [RFC7296-2.9]") {
    World world(without_virtual_address());
    connected(world);
    const gateway::Said& said = last_offer(world, ExchangeType::ike_auth);
    CHECK(wire::find<wire::ConfigPayload>(said.payloads) == nullptr);
    CHECK(selectors_of<wire::TsiPayload>(said) == "10.1.0.2/32");
    CHECK(selectors_of<wire::TsrPayload>(said) == "0.0.0.0/0");
    CHECK(world.last<session::Connected>()->config.addresses.empty());
    check_carries(world);
    check_settles(world);
}

TEST_CASE("addresses that nobody asked for are not taken [RFC7296-2.19]") {
    WorldConfig config = without_virtual_address();
    config.gateway.tamper = [](const wire::Header& header, gateway::Payloads& payloads) {
        if (header.exchange == ExchangeType::ike_auth) {
            payloads.push_back(wire::ConfigPayload{
                wire::ConfigType::reply, {wire::internal_address(*IpAddress::parse("10.99.0.7"))}});
        }
    };
    World world(std::move(config));
    connected(world);
    CHECK(world.last<session::Connected>()->config.addresses.empty());
    check_local_side(world, wlan0_address, Family::ipv4);
}

TEST_CASE(
    "after a roam there is a Child SA of the new address in place of the old one, in the same IKE "
    "SA [RFC4555-3.5, RFC7296-1.3.1]") {
    World world(without_virtual_address());
    connected(world);
    const IkeSpi initiator = world.last<session::Connected>()->spis.initiator;
    lose_wlan0(world);
    check_settles(world);
    const gateway::Said& said = last_offer(world, ExchangeType::create_child_sa);
    CHECK(wire::find_notify(said.payloads, NotifyType::rekey_sa) == nullptr);
    CHECK(selectors_of<wire::TsiPayload>(said) == "10.2.0.2/32");
    CHECK(heard(world, NotifyType::update_sa_addresses) == 1);
    CHECK(heard(world, ExchangeType::create_child_sa) == 1);
    check_local_side(world, wwan0_address, Family::ipv4);
    check_carries(world);
    back_to_wlan0(world);
    check_settles(world);
    check_local_side(world, wlan0_address, Family::ipv4);
    check_carries(world);
    CHECK(world.gateway().ike_sa()->spis.initiator == initiator);
    CHECK(world.count<Closed>() == 0);
}

TEST_CASE("each Child SA follows the address") {
    WorldConfig config = without_virtual_address();
    config.gateway.networks = {wire::TrafficSelector::from(*Prefix::parse("10.20.0.0/16")),
                               wire::TrafficSelector::from(*Prefix::parse("10.30.0.0/16"))};
    config.tune = [](session::SessionConfig& session) {
        ask_for_no_address(session);
        want_child_sa_per_network(session);
    };
    World world(std::move(config));
    connected(world);
    check_settles(world);
    lose_wlan0(world);
    check_settles(world);
    check_local_side(world, wwan0_address, Family::ipv4);
    for (int each = 0; each < 2; ++each) {
        check_carries(world);
    }
}

TEST_CASE("a path of the other family has Child SAs of that family's networks") {
    World world(without_virtual_address());
    connected(world);
    lose_wlan0(world, Family::ipv6);
    check_settles(world);
    check_local_side(world, "2001:db8:2::2", Family::ipv6);
    CHECK(selectors_of<wire::TsrPayload>(last_offer(world, ExchangeType::create_child_sa)) ==
          "::/0");
}

TEST_CASE("who is back before the new Child SA is made keeps the old one, and closes the new one") {
    World world(without_virtual_address());
    connected(world);
    const ChildSpi before = world.plane().sending(0)->inbound;
    lose_wlan0(world);
    REQUIRE(
        world.run_until([&world] { return heard(world, ExchangeType::create_child_sa) == 1; }, 5s));
    world.network().uplink(wlan0).up = true;
    world.move(wlan0, MoveKind::forced);
    check_settles(world);
    CHECK(world.plane().sending(0)->inbound == before);
    check_local_side(world, wlan0_address, Family::ipv4);
    CHECK(world.count<ChildSaDown>() == 1);
    check_carries(world);
}

TEST_CASE("a gateway that refuses the new address ends the IKE SA, for another one can have it") {
    World world(without_virtual_address());
    connected(world);
    SUBCASE("for good") {
        world.gateway().config().refuse.rekey = NotifyType::ts_unacceptable;
        lose_wlan0(world);
        REQUIRE(world.run_until([&world] { return world.count<Closed>() == 1; }, 5s));
        CHECK(world.last<Closed>()->failure.reason == Reason::new_address_refused);
        CHECK(world.gateway().client() == nullptr);
        CHECK(world.count<ChildSaRefused>() == 0);
    }
    SUBCASE("for a moment only: it is asked again [RFC7296-2.25]") {
        world.gateway().config().refuse.rekey = NotifyType::temporary_failure;
        lose_wlan0(world);
        world.run_for(1s);
        world.gateway().config().refuse.rekey.reset();
        REQUIRE(world.run_until([&world] { return world.count<session::ChildSaSwitched>() == 1; },
                                60s));
        check_settles(world);
        check_local_side(world, wwan0_address, Family::ipv4);
    }
}

TEST_CASE("a gateway that takes no address of ours is told apart from one that lacks a network") {
    gateway::Config gateway = open_gateway();
    gateway.client_networks.clear();
    gateway.internal_addresses.clear();
    World world({.gateway = gateway, .tune = ask_for_no_address});
    CHECK_FALSE(world.connect());
    const session::Failure& failure = world.last<Closed>()->failure;
    CHECK(failure.reason == Reason::own_address_refused);
    CHECK(failure.detail.find(wlan0_address) != std::string::npos);
}

TEST_CASE("a gateway that rekeys after a move may do so for the new address or for the old one") {
    bool new_address = false;
    SUBCASE("the old one") {}
    SUBCASE("the new one") {
        new_address = true;
    }
    WorldConfig config = without_virtual_address();
    config.gateway.rekey_child_after_update = true;
    config.gateway.tamper = [new_address](const wire::Header& header, gateway::Payloads& payloads) {
        for (wire::Payload& payload : payloads) {
            auto* tsr = std::get_if<wire::TsrPayload>(&payload);
            if (new_address && !header.response && tsr != nullptr) {
                tsr->selectors = {wire::TrafficSelector::from(*Prefix::parse("10.2.0.2/32"))};
            }
        }
    };
    World world(std::move(config));
    connected(world);
    lose_wlan0(world);
    check_settles(world);
    check_local_side(world, wwan0_address, Family::ipv4);
    check_carries(world);
}

TEST_CASE("an IKE SA that was rekeyed goes on making Child SAs of the address in use") {
    World world(without_virtual_address());
    connected(world);
    world.rekey_ike();
    check_settles(world);
    lose_wlan0(world);
    check_settles(world);
    check_local_side(world, wwan0_address, Family::ipv4);
    check_carries(world);
}

TEST_CASE("after any roams, with losses, the Child SA is that of the last address") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        World world(without_virtual_address(seed));
        connected(world);
        for (int roam = 0; roam < 12; ++roam) {
            for (const InterfaceIndex each : {wlan0, wwan0}) {
                world.network().uplink(each).quality.loss = world.dice().chance(0.5) ? 0.3 : 0;
            }
            world.move(roam % 2 == 0 ? wwan0 : wlan0,
                       world.dice().chance(0.5) ? MoveKind::forced : MoveKind::preferred);
            world.run_for(std::chrono::milliseconds(world.dice().below(1500)));
        }
        for (const InterfaceIndex each : {wlan0, wwan0}) {
            world.network().uplink(each).quality = {};
        }
        world.move(wwan0, MoveKind::forced);
        check_settles(world, 120s);
        check_local_side(world, wwan0_address, Family::ipv4);
        check_carries(world);
    }
}
