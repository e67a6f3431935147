// SPDX-License-Identifier: Apache-2.0
#include "agent/path/path_choice.hpp"

#include <doctest/doctest.h>

using namespace agent;
using ike::InterfaceIndex;
using ike::session::AddressPair;
using ike::session::MoveKind;
using netwatch::Snapshot;

namespace {

constexpr InterfaceIndex wlan0{2};
constexpr InterfaceIndex wwan0{3};

ike::IpAddress address(const char* text) {
    return *ike::IpAddress::parse(text);
}

const ike::IpAddress gateway4 = address("192.0.2.1");
const ike::IpAddress gateway6 = address("2001:db8::1");

netwatch::Link link(InterfaceIndex index, const char* name) {
    netwatch::Link result;
    result.index = index;
    result.name = name;
    result.mtu = 1500;
    result.up = result.running = true;
    return result;
}

/// An address on the link, and a default route of its family over it.
void connect(Snapshot& snapshot, InterfaceIndex index, const char* local, std::uint32_t metric) {
    netwatch::Address own;
    own.interface = index;
    own.address = address(local);
    own.prefix_length = own.address.is_ipv4() ? 24 : 64;
    snapshot.addresses.push_back(own);

    netwatch::Route route;
    route.destination = {ike::IpAddress::any(own.address.family()), 0};
    route.metric = metric;
    route.gateway = own.address.is_ipv4() ? address("10.0.0.1") : address("fe80::1");
    route.out = index;
    snapshot.routes.push_back(route);
}

/// Wi-Fi, preferred, with IPv4 only; cellular with both families.
Snapshot at_home() {
    Snapshot snapshot;
    snapshot.links = {link(wlan0, "wlan0"), link(wwan0, "wwan0")};
    connect(snapshot, wlan0, "10.1.0.2", 100);
    connect(snapshot, wwan0, "10.2.0.2", 700);
    connect(snapshot, wwan0, "2001:db8:2::2", 700);
    return snapshot;
}

Snapshot on_the_street() {
    Snapshot snapshot = at_home();
    snapshot.links[0].running = false;
    return snapshot;
}

const AddressPair by_wifi{wlan0, address("10.1.0.2"), gateway4};
const AddressPair by_cellular{wwan0, address("10.2.0.2"), gateway4};
const AddressPair by_cellular6{wwan0, address("2001:db8:2::2"), gateway6};

void managed(Snapshot& snapshot, const char* interface, netwatch::Connectivity connectivity) {
    netwatch::ManagedDevice device;
    device.interface = interface;
    device.state = netwatch::DeviceState::activated;
    device.ip4 = device.ip6 = connectivity;
    snapshot.managed.running = snapshot.managed.checks_connectivity = true;
    snapshot.managed.devices.push_back(device);
}

TakePath taken(const PathChoice& choice) {
    REQUIRE(std::holds_alternative<TakePath>(choice));
    return std::get<TakePath>(choice);
}

}  // namespace

TEST_CASE("the first path is the one the routing table prefers") {
    const TakePath first = taken(choose_path(at_home(), {gateway4}, std::nullopt, {}));
    CHECK(first.addresses == by_wifi);
    CHECK(first.interface == "wlan0");
    CHECK(first.reason == "first-path");
    CHECK(first.kind == MoveKind::forced);
}

TEST_CASE("a path that is still the best is kept") {
    CHECK(choose_path(at_home(), {gateway4}, by_wifi, {}) == PathChoice(KeepPath{}));
}

TEST_CASE("a path whose link lost its carrier is left by force") {
    const TakePath next = taken(choose_path(on_the_street(), {gateway4}, by_wifi, {}));
    CHECK(next.addresses == by_cellular);
    CHECK(next.kind == MoveKind::forced);
    CHECK(next.reason == "carrier-lost");
}

TEST_CASE("a better path is preferred while the current one lives") {
    const TakePath next = taken(choose_path(at_home(), {gateway4}, by_cellular, {}));
    CHECK(next.addresses == by_wifi);
    CHECK(next.kind == MoveKind::preferred);
}

TEST_CASE("of the gateway's addresses the one that the preferred uplink leads to is taken") {
    CHECK(taken(choose_path(at_home(), {gateway6, gateway4}, std::nullopt, {})).addresses ==
          by_wifi);
    CHECK(taken(choose_path(at_home(), {gateway4, gateway6}, std::nullopt, {})).addresses ==
          by_wifi);
}

TEST_CASE("of the gateway's addresses that one uplink leads to the first is taken") {
    CHECK(taken(choose_path(on_the_street(), {gateway6, gateway4}, std::nullopt, {})).addresses ==
          by_cellular6);
    CHECK(taken(choose_path(on_the_street(), {gateway4, gateway6}, std::nullopt, {})).addresses ==
          by_cellular);
}

TEST_CASE("a path is not left for another address of the gateway that is no better") {
    const auto choice = choose_path(on_the_street(), {gateway6, gateway4}, by_cellular, {});
    CHECK(choice == PathChoice(KeepPath{}));
    CHECK(choose_path(at_home(), {gateway6, gateway4}, by_wifi, {}) == PathChoice(KeepPath{}));
}

TEST_CASE("a move to another address of the gateway is forced only when the current path is gone") {
    const TakePath better = taken(choose_path(at_home(), {gateway6, gateway4}, by_cellular6, {}));
    CHECK(better.addresses == by_wifi);
    CHECK(better.kind == MoveKind::preferred);
    CHECK(better.reason == "better-path");

    Snapshot only_ipv6 = on_the_street();
    std::erase_if(only_ipv6.addresses, [](const auto& own) { return own.address.is_ipv4(); });
    const TakePath only = taken(choose_path(only_ipv6, {gateway4, gateway6}, by_wifi, {}));
    CHECK(only.addresses == by_cellular6);
    CHECK(only.kind == MoveKind::forced);
    CHECK(only.reason == "carrier-lost");
}

TEST_CASE("without any path the session is held, and why is said") {
    Snapshot nowhere = on_the_street();
    nowhere.links[1].up = false;
    const auto choice = choose_path(nowhere, {gateway6, gateway4}, by_cellular, {});
    CHECK(choice == PathChoice(HoldPath{"link-down"}));
    CHECK(choose_path(nowhere, {gateway4}, std::nullopt, {}) == PathChoice(HoldPath{"no-path"}));
}

TEST_CASE("an address of the gateway that leads past a portal comes before one that does not") {
    Snapshot snapshot = at_home();
    managed(snapshot, "wlan0", netwatch::Connectivity::portal);
    CHECK(taken(choose_path(snapshot, {gateway4, gateway6}, std::nullopt, {})).addresses ==
          by_cellular);
    std::erase_if(snapshot.addresses,
                  [](const auto& own) { return own.address == by_cellular.local; });
    const TakePath past = taken(choose_path(snapshot, {gateway4, gateway6}, by_wifi, {}));
    CHECK(past.addresses == by_cellular6);
    CHECK(past.kind == MoveKind::preferred);
    CHECK(past.reason == "portal");
    const TakePath untried =
        taken(choose_path(snapshot, {gateway4, gateway6}, by_wifi, {}, {.answered = false}));
    CHECK(untried.addresses == by_cellular6);
    CHECK(untried.kind == MoveKind::forced);
}

TEST_CASE("behind a portal the session is held, unless the gateway has answered") {
    Snapshot snapshot = at_home();
    snapshot.links[1].up = false;
    managed(snapshot, "wlan0", netwatch::Connectivity::portal);
    CHECK(choose_path(snapshot, {gateway4}, std::nullopt, {}) == PathChoice(HoldPath{"portal"}));
    CHECK(choose_path(snapshot, {gateway4}, by_wifi, {}, {.answered = false}) ==
          PathChoice(HoldPath{"portal"}));
    CHECK(choose_path(snapshot, {gateway4}, by_wifi, {}, {.answered = true}) ==
          PathChoice(KeepPath{}));
    CHECK(choose_path(snapshot, {gateway4}, by_cellular, {}) == PathChoice(HoldPath{"portal"}));
    CHECK(choose_path(snapshot, {gateway4}, by_cellular6, {}) == PathChoice(HoldPath{"portal"}));
}

TEST_CASE("a restricted uplink is tried only where there is nothing else") {
    const Experience tries{.answered = false, .tries_restricted = true};
    Snapshot snapshot = at_home();
    managed(snapshot, "wlan0", netwatch::Connectivity::portal);
    CHECK(taken(choose_path(snapshot, {gateway4}, by_wifi, {}, tries)).addresses == by_cellular);
    managed(snapshot, "wwan0", netwatch::Connectivity::limited);
    CHECK(choose_path(snapshot, {gateway4}, std::nullopt, {}) ==
          PathChoice(HoldPath{"limited-connectivity"}));
    CHECK(taken(choose_path(snapshot, {gateway4}, std::nullopt, {}, tries)).addresses == by_wifi);
    CHECK(choose_path(snapshot, {gateway4}, by_wifi, {}, tries) == PathChoice(KeepPath{}));
}

TEST_CASE("the tunnel's own device is no path") {
    Snapshot snapshot = at_home();
    snapshot.links.push_back(link(InterfaceIndex{9}, "roamd0"));
    connect(snapshot, InterfaceIndex{9}, "10.99.0.7", 0);
    CHECK(choose_path(snapshot, {gateway4}, by_wifi, {"roamd0"}) == PathChoice(KeepPath{}));
}

TEST_CASE("Wi-Fi that fades is left for another address of the gateway by cellular") {
    Snapshot snapshot = at_home();
    managed(snapshot, "wlan0", netwatch::Connectivity::full);
    snapshot.managed.devices.back().access_point =
        netwatch::AccessPoint{.ssid = "home", .bssid = {}, .strength = 15, .weak = true};
    std::erase_if(snapshot.addresses,
                  [](const auto& own) { return own.address == by_cellular.local; });
    const auto choice = choose_path(snapshot, {gateway4, gateway6}, by_wifi, {});
    const auto* path = std::get_if<TakePath>(&choice);
    REQUIRE(path != nullptr);
    CHECK(path->addresses == by_cellular6);
    CHECK(path->kind == MoveKind::preferred);
    CHECK(path->reason == "weak-signal");
}

TEST_CASE(
    "from Wi-Fi to IPv6-only cellular the gateway is reached by what stands for its address") {
    Snapshot snapshot = at_home();
    std::erase_if(snapshot.addresses,
                  [](const auto& own) { return own.address == by_cellular.local; });
    snapshot.nat64 = {{wwan0, netwatch::well_known_nat64()}};
    const auto gateways = netwatch::with_nat64(snapshot, std::vector{gateway4});
    const AddressPair by_nat64{wwan0, by_cellular6.local, address("64:ff9b::192.0.2.1")};
    CHECK(choose_path(snapshot, gateways, by_wifi, {}) == PathChoice(KeepPath{}));
    snapshot.links[0].running = false;
    const auto gone = choose_path(snapshot, gateways, by_wifi, {});
    REQUIRE(std::holds_alternative<TakePath>(gone));
    CHECK(std::get<TakePath>(gone).addresses == by_nat64);
    CHECK(std::get<TakePath>(gone).kind == MoveKind::forced);
    snapshot.links[0].running = true;
    const auto back = choose_path(snapshot, gateways, by_nat64, {});
    REQUIRE(std::holds_alternative<TakePath>(back));
    CHECK(std::get<TakePath>(back).addresses == by_wifi);
    CHECK(std::get<TakePath>(back).kind == MoveKind::preferred);
}

TEST_CASE("an additional address is used where nothing leads to the name, and stays in use") {
    const Snapshot snapshot = on_the_street();
    const PeerAddressSet named_ipv4{{gateway4}, {gateway6}};
    Snapshot ipv6_only = snapshot;
    std::erase_if(ipv6_only.addresses,
                  [](const auto& own) { return own.address == by_cellular.local; });
    CHECK(taken(choose_path_among(ipv6_only, named_ipv4, by_wifi, {})).addresses == by_cellular6);
    CHECK(choose_path_among(ipv6_only, named_ipv4, by_cellular6, {}) == PathChoice(KeepPath{}));
    CHECK(choose_path_among(snapshot, named_ipv4, by_cellular6, {}) == PathChoice(KeepPath{}));
}

TEST_CASE(
    "a path that carried nothing comes behind the other address of its device, and before a worse "
    "device") {
    Snapshot snapshot = at_home();
    connect(snapshot, wlan0, "10.1.0.3", 100);
    const AddressPair first{wlan0, address("10.1.0.2"), gateway4};
    const AddressPair second{wlan0, address("10.1.0.3"), gateway4};
    const auto by = [&](const std::vector<AddressPair>& suspected) {
        const auto choice =
            choose_path(snapshot, {gateway4}, std::nullopt, {}, {.suspected = suspected});
        return std::get<TakePath>(choice).addresses;
    };
    CHECK(by({}) == first);
    CHECK(by({first}) == second);
    CHECK(by({first, second}) == first);
}

TEST_CASE("the address that carries stays in use while the better one of its device is suspected") {
    Snapshot snapshot = on_the_street();
    connect(snapshot, wwan0, "2001:db8:22::2", 700);
    snapshot.addresses.back().deprecated = true;
    const AddressPair dead{wwan0, address("2001:db8:2::2"), gateway6};
    const AddressPair carries{wwan0, address("2001:db8:22::2"), gateway6};
    CHECK(choose_path(snapshot, {gateway6}, carries, {}, {.suspected = {dead}}) ==
          PathChoice(KeepPath{}));
    CHECK(choose_path(snapshot, {gateway6}, carries, {}) != PathChoice(KeepPath{}));
}
