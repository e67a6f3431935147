// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/tunnel/story.hpp"

// Another IKE SA before the present one goes: make before break (RFC 7296 2.8.3).
using namespace sim;
using namespace ike;
using namespace std::chrono_literals;

namespace {

gateway::Config without_mobike() {
    gateway::Config config = gateway::default_config();
    config.mobike = false;
    return config;
}

/// Connected by cellular, and Wi-Fi comes back.
void wifi_comes_back(Laptop& laptop) {
    laptop.cut(wlan0);
    connected(laptop);
    laptop.mend(wlan0);
}

/// The gateway gives other addresses to the IKE SAs after the first one.
gateway::Config with_other_addresses(bool& others) {
    gateway::Config config = gateway::default_config();
    config.mobike = false;
    config.tamper = [&others](const wire::Header& header, gateway::Payloads& payloads) {
        auto* reply = const_cast<wire::ConfigPayload*>(wire::find<wire::ConfigPayload>(payloads));
        if (!others || header.exchange != wire::ExchangeType::ike_auth || reply == nullptr) {
            return;
        }
        for (wire::ConfigAttribute& attribute : reply->attributes) {
            if (attribute.type == wire::ConfigAttributeType::internal_ip4_address) {
                attribute.value = Bytes{10, 99, 0, 8};
            }
        }
    };
    return config;
}

const IpAddress first_address = *IpAddress::parse("10.99.0.7");

bool has_address(const Laptop& laptop, const IpAddress& address) {
    const auto& addresses = laptop.status().virtual_addresses;
    return std::ranges::find(addresses, address, &Prefix::address) != addresses.end();
}

}  // namespace

TEST_CASE("without MOBIKE a better uplink is gone to by another IKE SA, and nothing is lost") {
    Laptop laptop({.gateway = without_mobike()});
    laptop.cut(wlan0);
    connected(laptop);
    laptop.talk(5ms, 100ms);
    const auto before = laptop.status().ike_sa;
    // The next client gets these, unless it asks for what it has.
    laptop.gateway().config().internal_addresses = {*IpAddress::parse("10.99.0.8"),
                                                    *IpAddress::parse("fd99::8")};
    laptop.mend(wlan0);
    CHECK(laptop.state() == TunnelState::moving);
    laptop.talk(5ms, 3s);
    CHECK(laptop.by() == "wlan0");
    CHECK(laptop.connected());
    CHECK(laptop.status().ike_sa != before);
    CHECK(last_roam(laptop) == "wwan0 -> wlan0 preferred better-path moved");
    CHECK(laptop.traffic_up().sent - laptop.traffic_up().received < 8);
    CHECK(has_address(laptop, first_address));
    check_carries(laptop);
}

TEST_CASE("the IKE SA that was replaced is deleted a second later, when nothing is in flight") {
    Laptop laptop({.gateway = without_mobike()});
    wifi_comes_back(laptop);
    REQUIRE(goes_by(laptop, "wlan0", 2s));
    const auto informational = heard(laptop, wire::ExchangeType::informational);
    laptop.run_for(900ms);
    CHECK(heard(laptop, wire::ExchangeType::informational) == informational);
    laptop.run_for(200ms);
    CHECK(heard(laptop, wire::ExchangeType::informational) == informational + 1);
    check_carries(laptop);
}

TEST_CASE("the better uplink goes again before its IKE SA is there: the present one stays") {
    Laptop laptop({.gateway = without_mobike()});
    laptop.networks().uplink(wlan0).quality.delay = 300ms;
    wifi_comes_back(laptop);
    laptop.run_for(100ms);
    CHECK(laptop.state() == TunnelState::moving);
    laptop.cut(wlan0);
    CHECK(laptop.connected());
    CHECK(laptop.by() == "wwan0");
    CHECK(last_roam(laptop) == "wwan0 -> wlan0 preferred better-path failed");
    laptop.run_for(5s);
    check_carries(laptop);
}

TEST_CASE("the present uplink goes while its replacement is made: that is what is waited for") {
    Laptop laptop({.gateway = without_mobike()});
    laptop.networks().uplink(wlan0).quality.delay = 300ms;
    wifi_comes_back(laptop);
    laptop.run_for(100ms);
    laptop.cut(wwan0);
    CHECK(goes_by(laptop, "wlan0", 10s));
    check_carries(laptop);
}

TEST_CASE("the host cannot carry a rekey while a replacement is made: that takes its place") {
    Laptop laptop({.gateway = without_mobike()});
    laptop.networks().uplink(wlan0).quality.delay = 300ms;
    wifi_comes_back(laptop);
    laptop.run_for(100ms);
    laptop.plane().refuse_next(1);
    laptop.wish(gateway::RekeyChildWish{laptop.gateway().sending_child(0)->inbound});
    laptop.run_for(300ms);
    CHECK_FALSE(laptop.status().ike_sa);  // the present one is closed
    CHECK(goes_by(laptop, "wlan0", 10s));
    check_carries(laptop);
}

TEST_CASE("the present IKE SA is deleted while its replacement is made: that takes its place") {
    Laptop laptop({.gateway = without_mobike()});
    laptop.networks().uplink(wlan0).quality.delay = 300ms;
    wifi_comes_back(laptop);
    laptop.run_for(100ms);
    laptop.wish(gateway::DeleteIkeWish{});
    CHECK(goes_by(laptop, "wlan0", 10s));
    CHECK(attempts(laptop) == 2);
    check_carries(laptop);
}

TEST_CASE("a replacement that comes to nothing leaves the present IKE SA as it is") {
    Laptop laptop({.gateway = without_mobike()});
    laptop.cut(wlan0);
    connected(laptop);
    laptop.gateway().config().refuse.ike_auth = wire::NotifyType::no_additional_sas;
    laptop.mend(wlan0);
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 10s));
    CHECK(laptop.by() == "wwan0");
    CHECK(last_roam(laptop) == "wwan0 -> wlan0 preferred better-path failed");
    check_carries(laptop);
    laptop.gateway().config().refuse = {};
    CHECK(goes_by(laptop, "wlan0", 15s));
    check_carries(laptop);
}

TEST_CASE("a gateway that has no second address for us is connected to anew, with the first one") {
    Laptop laptop({.gateway = without_mobike()});
    laptop.cut(wlan0);
    connected(laptop);
    laptop.gateway().config().refuse.first_child = wire::NotifyType::internal_address_failure;
    laptop.mend(wlan0);
    laptop.run_for(150ms);
    laptop.gateway().config().refuse = {};
    CHECK(goes_by(laptop, "wlan0", 5s));
    CHECK(has_address(laptop, first_address));
    check_carries(laptop);
}

TEST_CASE("other addresses for the replacement: the addresses are worth more than the moment") {
    bool others = false;
    Laptop laptop({.gateway = with_other_addresses(others)});
    laptop.cut(wlan0);
    connected(laptop);
    others = true;
    laptop.mend(wlan0);
    laptop.run_for(60ms);
    others = false;  // the first one is given back by now
    CHECK(goes_by(laptop, "wlan0", 5s));
    CHECK(has_address(laptop, first_address));
    CHECK(attempts(laptop) == 3);
    laptop.run_for(3s);
    check_carries(laptop);
}

TEST_CASE("a gateway that does not give the addresses back is asked once more, then believed") {
    bool others = false;
    Laptop laptop({.gateway = with_other_addresses(others)});
    laptop.cut(wlan0);
    connected(laptop);
    others = true;
    laptop.mend(wlan0);
    CHECK(goes_by(laptop, "wlan0", 10s));
    CHECK_FALSE(has_address(laptop, first_address));
    CHECK(attempts(laptop) == 4);
    laptop.run_for(3s);
    check_carries(laptop);
}

TEST_CASE("before the gateway's AUTH_LIFETIME ends another IKE SA takes over [RFC4478-3]") {
    gateway::Config config = gateway::default_config();
    config.tamper = [](const wire::Header& header, gateway::Payloads& payloads) {
        if (header.exchange == wire::ExchangeType::ike_auth) {
            payloads.push_back(
                gateway::notify(wire::NotifyType::auth_lifetime, Writer().u32(600).release()));
        }
    };
    Laptop laptop({.gateway = config});
    connected(laptop);
    const auto before = laptop.status().ike_sa;
    laptop.talk(1s, 600s);
    CHECK(laptop.status().ike_sa != before);
    CHECK(attempts(laptop) == 2);
    CHECK(laptop.roams().empty());
    CHECK(std::ranges::count(laptop.states(), TunnelState::connecting) == 1);
    check_carries(laptop);
}

TEST_CASE("no data comes in though the gateway answers: in the end by another IKE SA") {
    Laptop laptop;
    connected(laptop);
    laptop.talk(50ms, 1s);
    const auto answers = [&](Duration duration) {
        // An inside host answers each packet that it has.
        for (const Instant until = laptop.now() + duration; laptop.now() < until;) {
            const auto before = laptop.traffic_up().received;
            laptop.send_up();
            laptop.run_for(50ms);
            if (laptop.traffic_up().received != before) {
                laptop.send_down();
            }
        }
    };
    laptop.cut(wlan0);
    REQUIRE(goes_by(laptop, "wwan0", 1s));
    for (int sa = 0; sa < 3; ++sa) {
        laptop.break_esp();
        answers(8s);
    }
    CHECK(std::ranges::count(laptop.states(), TunnelState::no_data) > 0);
    answers(60s);
    CHECK(laptop.connected());
    CHECK_FALSE(laptop.status().error);
    check_carries(laptop);
}

TEST_CASE("a gateway that ends the IKE SA is connected to anew after a second") {
    Laptop laptop;
    connected(laptop);
    laptop.run_for(2min);
    laptop.wish(gateway::DeleteIkeWish{});
    laptop.run_for(500ms);
    CHECK(laptop.state() == TunnelState::connecting);
    CHECK(laptop.status().error->reason == "closed-by-gateway");
    CHECK(laptop.run_until([&] { return laptop.connected(); }, 2s));
    check_carries(laptop);
}

TEST_CASE("without a virtual address the routes follow another IKE SA to its uplink's address") {
    gateway::Config config = without_mobike();
    config.client_networks = {wire::TrafficSelector::from({IpAddress::any(Family::ipv4), 0}),
                              wire::TrafficSelector::from({IpAddress::any(Family::ipv6), 0})};
    Laptop laptop({.gateway = config, .tune = [](agent::TunnelConfig& tunnel) {
                       tunnel.virtual_ipv4 = tunnel.virtual_ipv6 = false;
                       tunnel.child_sas = {{*Prefix::parse("10.20.0.0/16")}};
                   }});
    wifi_comes_back(laptop);
    REQUIRE(goes_by(laptop, "wlan0", 10s));
    REQUIRE(laptop.machine().applied() != nullptr);
    CHECK(laptop.machine().applied()->own_address == laptop.status().path->local.address);
    CHECK(laptop.machine().applied()->destinations == std::vector{*Prefix::parse("10.20.0.0/16")});
    check_clean(laptop);
}
