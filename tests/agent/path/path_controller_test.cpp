// SPDX-License-Identifier: Apache-2.0
#include "agent/path/path_controller.hpp"

#include "agent/path/standby_paths.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace std::chrono_literals;
using ike::session::AddressPair;
using ike::session::MoveKind;

namespace {

constexpr ike::InterfaceIndex wlan0{2};
constexpr ike::InterfaceIndex wwan0{3};
constexpr ike::Instant start{1h};

ike::IpAddress ip(const char* text) {
    return *ike::IpAddress::parse(text);
}

const ike::IpAddress gateway = ip("192.0.2.1");
const ike::IpAddress second = ip("192.0.2.2");
const AddressPair by_wlan0{wlan0, ip("10.1.0.2"), gateway};
const AddressPair by_wwan0{wwan0, ip("10.2.0.2"), gateway};

ike::Path ike_path(const AddressPair& pair) {
    return {pair.interface, {pair.local, 4500}, {pair.remote, 4500}};
}

/// A laptop with Wi-Fi, preferred, and cellular, and the paths of its tunnel.
struct Laptop {
    Laptop() {
        paths.begin(2s);
        connect(wlan0, "wlan0", "10.1.0.2", 100);
        connect(wwan0, "wwan0", "10.2.0.2", 700);
    }

    void connect(ike::InterfaceIndex index, const char* name, const char* local,
                 std::uint32_t metric) {
        netwatch::Link link;
        link.index = index;
        link.name = name;
        link.mtu = index == wlan0 ? 1500 : 1400;
        link.up = link.running = true;
        network.links.push_back(link);
        netwatch::Address address;
        address.interface = index;
        address.address = ip(local);
        address.prefix_length = 24;
        network.addresses.push_back(address);
        netwatch::Route route;
        route.destination = {ike::IpAddress::any(ike::Family::ipv4), 0};
        route.metric = metric;
        route.gateway = ip("10.0.0.1");
        route.out = index;
        network.routes.push_back(route);
    }
    void cut(ike::InterfaceIndex index) {
        std::erase_if(network.routes, [&](const auto& route) { return route.out == index; });
    }
    [[nodiscard]] PathSurroundings around() const { return {network, peer, {}, now}; }
    [[nodiscard]] PathChoice choose(bool answers = true) const {
        return paths.choose(around(), answers, false);
    }
    /// The session uses this path, and data goes by it.
    void use(const AddressPair& pair) {
        paths.tried(pair);
        paths.take({.addresses = pair, .interface = "", .kind = {}, .reason = ""});
        paths.data_moved(network, ike_path(pair));
    }

    netwatch::Snapshot network;
    PeerAddressSet peer{{gateway}, {}};
    ike::Instant now = start;
    PathController paths;
};

AddressPair taken(const PathChoice& choice) {
    return std::get<TakePath>(choice).addresses;
}

}  // namespace

TEST_CASE("the first path is that of the best uplink, and stays while nothing is better") {
    Laptop laptop;
    CHECK(taken(laptop.choose()) == by_wlan0);
    laptop.use(by_wlan0);
    CHECK(laptop.choose() == PathChoice(KeepPath{}));
}

TEST_CASE("while a better path is tested the one that data goes by is left at once if it goes") {
    Laptop laptop;
    laptop.use(by_wwan0);
    laptop.paths.take({.addresses = by_wlan0, .interface = "wlan0", .kind = {}, .reason = ""});
    CHECK(laptop.choose() == PathChoice(KeepPath{}));
    laptop.cut(wwan0);
    const auto choice = laptop.choose();
    CHECK(taken(choice) == by_wlan0);
    CHECK(leaves_at_once(choice));
}

TEST_CASE("an uplink that carried nothing is avoided, unless no other one leads to the gateway") {
    Laptop laptop;
    laptop.use(by_wlan0);
    laptop.paths.died(by_wlan0, ike_path(by_wwan0), start);
    laptop.use(by_wwan0);
    CHECK(laptop.choose() == PathChoice(KeepPath{}));
    REQUIRE(laptop.paths.next_deadline(start));
    laptop.cut(wwan0);
    CHECK(taken(laptop.choose()) == by_wlan0);
    laptop.paths.begin(2s);  // another wish
    CHECK_FALSE(laptop.paths.next_deadline(start));
}

TEST_CASE("an uplink that carried nothing is gone to again when it was avoided for long enough") {
    Laptop laptop;
    laptop.paths.died(by_wlan0, std::nullopt, start);
    laptop.use(by_wwan0);
    laptop.now = *laptop.paths.next_deadline(start);
    CHECK(taken(laptop.choose()) == by_wlan0);
}

TEST_CASE("where another address of the device answered the device is not avoided") {
    Laptop laptop;
    laptop.paths.died(by_wlan0, ike_path({wlan0, ip("10.1.0.3"), gateway}), start);
    laptop.use(by_wwan0);
    CHECK(taken(laptop.choose()) == by_wlan0);
}

TEST_CASE("a refused path is left for one that was not refused in a row") {
    Laptop laptop;
    laptop.use(by_wlan0);
    const auto next = laptop.paths.after_refusal(laptop.around(), ike_path(by_wlan0));
    REQUIRE(next);
    CHECK(next->addresses == by_wwan0);
    CHECK(next->reason == "path-refused");
    CHECK(next->interface == "wwan0");
    CHECK_FALSE(laptop.paths.after_refusal(laptop.around(), ike_path(by_wwan0)));
    laptop.paths.forget_refused();
    CHECK(laptop.paths.after_refusal(laptop.around(), ike_path(by_wwan0))->addresses == by_wlan0);
}

TEST_CASE("a gateway that has left its address is gone to where it says, by a test") {
    Laptop laptop;
    laptop.use(by_wlan0);
    CHECK_FALSE(laptop.paths.to_additional_address(laptop.around()));
    laptop.peer.additional = {second};
    const auto path = laptop.paths.to_additional_address(laptop.around());
    REQUIRE(path);
    CHECK(path->addresses == AddressPair{wlan0, ip("10.1.0.2"), second});
    CHECK(path->kind == MoveKind::preferred);
    CHECK(path->reason == "gateway-moved");
}

TEST_CASE("additional addresses are standbys where nothing else is left, or nothing else answers") {
    Laptop laptop;
    laptop.peer.additional = {second};
    laptop.use(by_wlan0);
    CHECK(laptop.paths.standbys(laptop.around(), false) == std::vector{by_wlan0, by_wwan0});
    CHECK(laptop.paths.standbys(laptop.around(), true).size() == 4);
    laptop.cut(wwan0);
    CHECK(laptop.paths.standbys(laptop.around(), false) ==
          std::vector{by_wlan0, AddressPair{wlan0, ip("10.1.0.2"), second}});
}

TEST_CASE("each network that appears is told once, and again when it comes back") {
    Laptop laptop;
    CHECK(laptop.paths.on_network(laptop.around()) == std::vector{wlan0, wwan0});
    CHECK(laptop.paths.on_network(laptop.around()).empty());
    const auto routes = laptop.network.routes;
    laptop.cut(wlan0);
    CHECK(laptop.paths.on_network(laptop.around()).empty());
    laptop.network.routes = routes;
    CHECK(laptop.paths.on_network(laptop.around()) == std::vector{wlan0});
}

TEST_CASE("a path that came to nothing is gone back from, and all of a session goes with it") {
    Laptop laptop;
    laptop.use(by_wlan0);
    laptop.paths.take({.addresses = by_wwan0, .interface = "wwan0", .kind = {}, .reason = ""});
    CHECK(laptop.paths.is_another(by_wlan0));
    laptop.paths.go_back();
    CHECK_FALSE(laptop.paths.is_another(by_wlan0));
    CHECK(laptop.paths.carries_data(ike_path(by_wlan0)));
    laptop.paths.forget_session();
    CHECK_FALSE(laptop.paths.taken());
    CHECK_FALSE(laptop.paths.data_path());
    CHECK(laptop.paths.last_tried() == by_wlan0);
}

TEST_CASE("the interface of the path that data goes by keeps its name when its link is gone") {
    Laptop laptop;
    laptop.use(by_wlan0);
    laptop.network.links.clear();
    CHECK(laptop.paths.data_path()->status().interface == "wlan0");
    CHECK(path_status(laptop.network, ike_path(by_wlan0)).interface == "2");
}

TEST_CASE("the MTU is that of the uplink that the path goes by") {
    Laptop laptop;
    CHECK(uplink_mtu(laptop.around(), ike_path(by_wwan0)) == 1400);
    laptop.cut(wwan0);
    CHECK(uplink_mtu(laptop.around(), ike_path(by_wwan0)) == 1400);  // the link is there still
    laptop.network.links.clear();
    CHECK(uplink_mtu(laptop.around(), ike_path(by_wwan0)) == 0);
}
