// SPDX-License-Identifier: Apache-2.0
// The monitor on the real kernel: every case in a network namespace of its own, whose links are
// veth pairs with both ends inside.
#include "tests/netwatch/machine.hpp"

#include <doctest/doctest.h>

#include <poll.h>

#include <algorithm>

using namespace netwatch;

TEST_CASE("a link set down is known by one event, and its silently flushed routes go too") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(ip("link set wlan0 down"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(machine.best(gateway6) == "none");
    CHECK(machine.equals_fresh_dump());
    CHECK(machine.monitor().counters().full_dumps == 1);

    REQUIRE(ip("link set wlan0 up"));
    REQUIRE(ip("route add default via 10.1.0.1 dev wlan0 metric 600"));
    CHECK(machine.best_becomes("wlan0 10.1.0.2"));
    CHECK(machine.equals_fresh_dump());
}

TEST_CASE(
    "what NetworkManager says is part of the snapshot, and makes another when it is another") {
    Machine machine;
    if (!machine) {
        return;
    }
    Monitor& monitor = machine.monitor();
    const auto before = monitor.snapshot().generation;
    ManagedNetwork managed;
    managed.running = true;
    CHECK(monitor.set_managed(managed));
    CHECK_FALSE(monitor.set_managed(managed));
    CHECK(monitor.snapshot().generation == before + 1);
    REQUIRE(ip("link set wlan0 down"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(monitor.snapshot().managed == managed);
}

TEST_CASE("a carrier lost is known while the link stays up, and its return too") {
    Machine machine;
    if (!machine) {
        return;
    }
    const Current current{uplinks(machine.monitor().snapshot(), gateway, {}).front().interface,
                          ike::IpAddress::parse("10.1.0.2").value()};
    REQUIRE(ip("link set ap0 down"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(why_gone(machine.monitor().snapshot(), current) == RoamReason::carrier_lost);
    CHECK(machine.equals_fresh_dump());
    REQUIRE(ip("link set ap0 up"));
    CHECK(machine.best_becomes("wlan0 10.1.0.2"));
    CHECK(machine.equals_fresh_dump());
}

TEST_CASE("a link that is up, has carrier and is dormant, as Wi-Fi without its key, does not run") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(ip("link set wlan0 mode dormant"));
    REQUIRE(ip("link set wlan0 state dormant"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    const auto& links = machine.monitor().snapshot().links;
    const auto wlan0 = std::ranges::find(links, "wlan0", &Link::name);
    REQUIRE(wlan0 != links.end());
    CHECK(wlan0->up);
    CHECK_FALSE(wlan0->running);
    CHECK(machine.equals_fresh_dump());
    REQUIRE(ip("link set wlan0 state up"));
    CHECK(machine.best_becomes("wlan0 10.1.0.2"));
}

TEST_CASE("what NAT64s were found is part of the snapshot, and makes another when it is another") {
    Machine machine;
    if (!machine) {
        return;
    }
    Monitor& monitor = machine.monitor();
    const auto before = monitor.snapshot().generation;
    const std::vector<Nat64> found{{{2}, well_known_nat64()}};
    CHECK(monitor.set_nat64(found));
    CHECK_FALSE(monitor.set_nat64(found));
    CHECK(monitor.snapshot().generation == before + 1);
    CHECK(monitor.snapshot().nat64 == found);
}

TEST_CASE("an address removed takes its silently flushed routes along") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(ip("addr del 10.1.0.2/24 dev wlan0"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(machine.equals_fresh_dump());
    REQUIRE(ip("addr add 10.1.0.99/24 dev wlan0"));
    REQUIRE(ip("route add default via 10.1.0.1 dev wlan0 metric 600"));
    CHECK(machine.best_becomes("wlan0 10.1.0.99"));
    CHECK(machine.equals_fresh_dump());
}

TEST_CASE("a removed preferred source takes its routes along, while another address stays") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(ip("addr add 10.7.0.2/24 dev wlan0"));
    REQUIRE(ip("addr add 2001:db8:7::2/64 dev wlan0 nodad"));
    REQUIRE(ip("route add default via 10.1.0.1 dev wlan0 src 10.7.0.2 metric 10"));
    REQUIRE(ip("route add 2001:db8:9::/48 via 2001:db8:1::1 dev wlan0 src 2001:db8:7::2"));
    CHECK(machine.best_becomes("wlan0 10.7.0.2"));
    CHECK(machine.equals_fresh_dump());
    REQUIRE(ip("addr del 10.7.0.2/24 dev wlan0"));
    REQUIRE(ip("addr del 2001:db8:7::2/64 dev wlan0"));
    CHECK(machine.best_becomes("wlan0 10.1.0.2"));
    CHECK(machine.equals_fresh_dump());
}

TEST_CASE("a default route replaced by one over another device turns the order") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(ip("route add default via 10.2.0.1 dev wwan0 metric 50"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    REQUIRE(ip("route replace default via 10.1.0.1 dev wlan0 metric 50"));
    CHECK(machine.best_becomes("wlan0 10.1.0.2"));
    CHECK(machine.equals_fresh_dump());
    REQUIRE(ip("-6 route replace default via 2001:db8:1::7 dev wlan0 metric 600"));
    CHECK(machine.equals_fresh_dump());
    REQUIRE(ip("route del default metric 50"));
    REQUIRE(ip("route del default metric 600"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(machine.equals_fresh_dump());
    CHECK(machine.monitor().counters().route_dumps == 0);
}

TEST_CASE("next hops of multipath routes die and revive with their link") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(ip("addr add 2001:db8:2::2/64 dev wwan0 nodad"));
    REQUIRE(
        ip("route add 198.51.100.0/24 nexthop via 10.1.0.1 dev wlan0 "
           "nexthop via 10.2.0.1 dev wwan0"));
    REQUIRE(
        ip("-6 route add 2001:db8:9::/48 nexthop via 2001:db8:1::1 dev wlan0 "
           "nexthop via 2001:db8:2::1 dev wwan0"));
    CHECK(machine.equals_fresh_dump());
    REQUIRE(ip("link set wwan0 down"));
    CHECK(machine.equals_fresh_dump());
    REQUIRE(ip("link set wwan0 up"));
    CHECK(machine.equals_fresh_dump());
    REQUIRE(ip("-6 route del 2001:db8:9::/48 via 2001:db8:1::1"));
    REQUIRE(ip("route del 198.51.100.0/24"));
    CHECK(machine.equals_fresh_dump());
}

TEST_CASE("routes over a nexthop object follow it") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(ip("nexthop add id 7 via 10.2.0.1 dev wwan0"));
    REQUIRE(ip("route add default nhid 7 metric 5"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    REQUIRE(ip("nexthop replace id 7 via 10.1.0.1 dev wlan0"));
    CHECK(machine.best_becomes("wlan0 10.1.0.2"));
    REQUIRE(ip("nexthop del id 7"));
    CHECK(machine.equals_fresh_dump());
}

TEST_CASE("a device deleted leaves nothing of itself") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(ip("link del wlan0"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(machine.equals_fresh_dump());
    CHECK(machine.monitor().snapshot().links.size() == 3);
}

TEST_CASE("a port that leaves its bridge is still a link, and bridges tell their kind") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(ip("link add br0 type bridge"));
    REQUIRE(ip("link set cell0 master br0"));
    const auto cell = [&machine] {
        const auto& links = machine.monitor().snapshot().links;
        return std::ranges::find(links, "cell0", &Link::name);
    };
    CHECK(machine.wait_until([&] { return cell()->master.has_value(); }));
    const Link* const bridge = machine.monitor().snapshot().find_link(*cell()->master);
    REQUIRE(bridge != nullptr);
    CHECK(bridge->kind == "bridge");
    CHECK(cell()->kind == "veth");
    REQUIRE(ip("link set cell0 nomaster"));
    CHECK(machine.wait_until([&] { return !cell()->master.has_value(); }));
    CHECK(machine.equals_fresh_dump());
}

TEST_CASE("routes of other tables and of types that lead nowhere are not watched") {
    Machine machine;
    if (!machine) {
        return;
    }
    const std::size_t before = machine.monitor().snapshot().routes.size();
    REQUIRE(ip("route add 198.51.100.0/24 via 10.1.0.1 dev wlan0 table 100"));
    REQUIRE(ip("route add throw 198.51.100.0/24"));
    REQUIRE(ip("route add unreachable 203.0.113.0/24"));
    CHECK(machine.equals_fresh_dump());
    CHECK(machine.monitor().snapshot().routes.size() == before + 1);
    REQUIRE(ip("route add 203.0.113.7 via 10.1.0.1 dev wlan0 table default"));
    CHECK(machine.equals_fresh_dump());
    CHECK(machine.monitor().snapshot().routes.size() == before + 2);
}

TEST_CASE("an event that changes nothing makes no new snapshot") {
    Machine machine;
    if (!machine) {
        return;
    }
    CHECK(machine.equals_fresh_dump());
    const std::uint64_t generation = machine.monitor().snapshot().generation;
    const std::uint64_t messages = machine.monitor().counters().messages;
    REQUIRE(ip("link set wlan0 alias uplink"));
    CHECK(machine.wait_until([&] { return machine.monitor().counters().messages > messages; }));
    CHECK(machine.monitor().snapshot().generation == generation);
}

TEST_CASE("what the events say is out before the routes are read anew, and both without polling") {
    Machine machine;
    if (!machine) {
        return;
    }
    CHECK(machine.equals_fresh_dump());
    Monitor& monitor = machine.monitor();
    const std::uint64_t route_dumps = monitor.counters().route_dumps;
    REQUIRE(ip("addr del 10.1.0.2/24 dev wlan0"));
    const auto first = monitor.read();
    REQUIRE(first.ok());
    CHECK(*first);
    CHECK(machine.best() == "wwan0 10.2.0.2");
    CHECK(monitor.counters().route_dumps == route_dumps);
    CHECK(machine.wait_until([&] { return monitor.counters().route_dumps > route_dumps; }));
    pollfd quiet{.fd = monitor.fd(), .events = POLLIN, .revents = 0};
    CHECK(::poll(&quiet, 1, 0) == 0);
}

TEST_CASE("read while the network changes under it, the tables end as the kernel's") {
    Machine machine;
    if (!machine) {
        return;
    }
    std::string script;
    for (int round = 0; round < 100; ++round) {
        script +=
            "link set wwan0 down\nlink set wwan0 up\n"
            "addr add 10.7.0.2/24 dev wlan0\n"
            "route add default via 10.1.0.1 dev wlan0 src 10.7.0.2 metric 10\n"
            "route add 198.51.100.0/24 nexthop via 10.1.0.1 nexthop via 10.1.0.7\n"
            "addr del 10.7.0.2/24 dev wlan0\n"
            "route replace 198.51.100.0/24 via 10.1.0.9\n"
            "route del 198.51.100.0/24\n";
    }
    script += "addr add 10.99.0.1/32 dev wlan0\n";
    const Batch running(script);
    CHECK(machine.wait_until([&machine] { return machine.has_address("10.99.0.1"); }));
    CHECK(machine.equals_fresh_dump());
    CHECK(machine.monitor().counters().unreadable == 0);
}

TEST_CASE("a burst that overruns the receive buffer is made good by a dump, nothing is lost") {
    Machine machine(MonitorOptions{.receive_buffer = 2048});
    if (!machine) {
        return;
    }
    std::string script;
    for (int round = 0; round < 2000; ++round) {
        const std::string address = "10.3." + std::to_string(round / 200) + "." +
                                    std::to_string(1 + round % 200) + "/32 dev wwan0\n";
        script += "addr add " + address;
        if (round % 3 != 0) {
            script += "addr del " + address;
        }
    }
    script += "route replace default via 10.2.0.1 dev wwan0 metric 50\n";
    REQUIRE(Batch(script).finish());
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(machine.equals_fresh_dump());
    CHECK(machine.monitor().counters().overruns > 0);
    CHECK(machine.monitor().counters().full_dumps > 1);
    CHECK(machine.monitor().counters().unreadable == 0);
}

TEST_CASE("beyond the limit routes are left out, and counted, but never a default route") {
    Machine machine(MonitorOptions{.max_routes = 20});
    if (!machine) {
        return;
    }
    for (int net = 0; net < 30; ++net) {
        REQUIRE(ip("route add 198.51." + std::to_string(net) + ".0/24 via 10.1.0.1"));
    }
    REQUIRE(ip("route add default via 10.2.0.1 dev wwan0 metric 50"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(machine.monitor().counters().routes_left_out > 0);
    CHECK(machine.monitor().snapshot().routes.size() <= 21);
}
