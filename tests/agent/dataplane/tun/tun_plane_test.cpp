// SPDX-License-Identifier: Apache-2.0
// Two data planes, a laptop's and a gateway's, in namespaces of their own with two uplinks between.
#include "agent/dataplane/tun/tun_plane.hpp"

#include "tests/agent/child_sa_pair.hpp"
#include "tests/agent/plane_hosts.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace agent;
using namespace agent::test;
using namespace std::chrono_literals;
using ike::Bytes;
using ike::Family;
using ike::Path;

TEST_CASE("packets go through the tunnel, both families inside and outside") {
    for (const Family outside : {Family::ipv4, Family::ipv6}) {
        PlaneHosts hosts;
        hosts.connect("wlan0", outside);
        for (const Family inside : {Family::ipv4, Family::ipv6}) {
            Stream stream(hosts, inside);
            stream.send(20);
            CHECK_MESSAGE(stream.received_all(), hosts.counters());
            CHECK_MESSAGE(stream.answered_all(), hosts.counters());
        }
        CHECK(hosts.laptop.plane->traffic().packets_out == 40);
        CHECK(hosts.gateway.plane->traffic().packets_in == 40);
    }
}

TEST_CASE("packets that nothing answers are told of, those that are answered are not") {
    PlaneHosts hosts;
    hosts.connect("wlan0", Family::ipv4);
    const auto ping = [&] {
        hosts.two_hosts.laptop.enter();
        return run("ping -q -c 5 -i 0.1 -W 0.1 10.20.0.1 >/dev/null");
    };
    REQUIRE(ping());
    CHECK_FALSE(hosts.laptop.wait_for([&] { return hosts.laptop.silences > 0; }, 300ms));
    hosts.gateway.plane->hold();
    REQUIRE_FALSE(ping());
    CHECK(hosts.laptop.wait_for([&] { return hosts.laptop.silences > 0; }));
}

TEST_CASE("a device that somebody deleted is made anew, and the SAs go on in it") {
    PlaneHosts hosts;
    hosts.connect("wlan0", Family::ipv4);
    Stream stream(hosts, Family::ipv4);
    stream.send(20);
    REQUIRE(stream.received_all());
    const auto disturb = [&](const std::string& command, const std::string& name) {
        CAPTURE(command);
        hosts.two_hosts.laptop.run_here(command);
        hosts.two_hosts.laptop.enter();
        const auto restored = hosts.laptop.plane->restore();
        CHECK_MESSAGE(restored.ok(), (restored ? "" : restored.error().text()));
        CHECK(hosts.laptop.plane->device() == name);
        hosts.set_up_laptop();
        stream.send(20);
        CHECK_MESSAGE(stream.answered_all(), hosts.counters());
    };
    disturb("true", "roamd0");
    disturb("ip link del roamd0", "roamd0");
    disturb("ip link set roamd0 down", "roamd0");
    disturb("ip link del roamd0 && ip link add roamd0 type bridge", "roamd1");
    disturb("ip link set roamd1 down && ip link set roamd1 name office", "office");
    const Traffic gateway = hosts.gateway.plane->traffic();
    CHECK(gateway.packets_in == 120);
    CHECK(gateway.replayed + gateway.unauthentic == 0);
}

TEST_CASE("a packet as large as the device's MTU is not fragmented outside") {
    PlaneHosts hosts;
    hosts.connect("wlan0", Family::ipv6);
    hosts.two_hosts.laptop.run_here("ping -q -c 3 -i 0.01 -W 5 -M do -s $((" +
                                    std::to_string(PlaneHosts::mtu) +
                                    " - 28)) 10.20.0.1 >/dev/null");
    hosts.two_hosts.gateway.enter();
    CHECK(output_of("nstat -asz Ip6ReasmReqds IpReasmReqds")
              .find("Ip6ReasmReqds                   0") != std::string::npos);
    CHECK(hosts.laptop.plane->traffic().packets_in == 3);
}

TEST_CASE("moving to and fro under load loses nothing and repeats nothing") {
    for (const Family outside : {Family::ipv4, Family::ipv6}) {
        PlaneHosts hosts;
        hosts.connect("wlan0", outside);
        Stream stream(hosts, Family::ipv4);
        stream.send(1);
        REQUIRE(stream.received_all());
        // The kernel's own first packets on a new device came before the SA did.
        const auto dropped_before = hosts.laptop.plane->traffic().queue_dropped;
        for (int moves = 0; moves < 10; ++moves) {
            stream.send(300);
            hosts.move(moves % 2 == 0 ? "wwan0" : "wlan0", outside);
        }
        stream.send(300);
        CHECK(stream.received_all());
        const Traffic gateway = hosts.gateway.plane->traffic();
        CHECK(gateway.packets_in == 3301);
        CHECK(gateway.replayed + gateway.unauthentic + gateway.malformed == 0);
        CHECK(hosts.laptop.plane->traffic().queue_dropped == dropped_before);
    }
}

TEST_CASE("packets wait for a better path in their order, and leave by it; none waits for ever") {
    PlaneHosts hosts;
    hosts.connect("wwan0", Family::ipv4);
    Stream stream(hosts, Family::ipv4);
    stream.send(1);
    REQUIRE(stream.received_all());
    hosts.laptop.plane->pause(hosts.two_hosts.from_laptop("wlan0", Family::ipv4), true, 10s);
    const auto before = hosts.laptop.plane->traffic().packets_out;
    stream.send(50);
    CHECK(hosts.laptop.plane->traffic().packets_out == before);
    SUBCASE("it is taken") {
        hosts.move("wlan0", Family::ipv4);
    }
    SUBCASE("it is not taken") {
        hosts.laptop.plane->resume();
    }
    SUBCASE("nobody says") {
        hosts.laptop.plane->pause(hosts.two_hosts.from_laptop("wlan0", Family::ipv4), true, 20ms);
    }
    CHECK_MESSAGE(stream.received_all(), hosts.counters());
    CHECK(hosts.gateway.plane->traffic().replayed == 0);
}

TEST_CASE("no sequence number and no IV is ever on the wire twice, whatever path it takes") {
    PlaneHosts hosts;
    hosts.gateway.plane.reset();  // its port is ours: we look at what arrives
    hosts.gateway.sockets.reset();
    hosts.two_hosts.gateway.run_here("ip addr add 10.20.0.1/32 dev lo");
    const auto wire = UdpSocket::open(Family::ipv4, ike::nat_t_port);
    REQUIRE(wire.ok());
    (*wire)->set_buffers(4 << 20);
    hosts.connect_laptop("wlan0", Family::ipv4);
    Stream stream(hosts, Family::ipv4);
    std::set<Bytes> seen;
    std::set<std::string> paths;
    ReceiveBatch batch;
    for (int round = 0; round < 40; ++round) {
        stream.send_blindly(20);
        hosts.laptop.move(
            hosts.two_hosts.from_laptop(round % 2 == 0 ? "wwan0" : "wlan0", Family::ipv4));
        stream.send_blindly(5);
        while (seen.size() < static_cast<std::size_t>(round + 1) * 25 && readable((*wire)->fd())) {
            for (const Incoming& packet : (*wire)->receive(batch)) {
                REQUIRE(packet.bytes.size() > 16);
                // SPI, sequence number and IV
                CHECK(seen.insert(Bytes(packet.bytes.begin(), packet.bytes.begin() + 16)).second);
                paths.insert(packet.path.text());
            }
        }
    }
    CHECK(seen.size() == 1000);
    CHECK(paths.size() == 2);
}

TEST_CASE("the first packet on a new path is told with the time of its receipt") {
    PlaneHosts hosts;
    hosts.connect("wlan0", Family::ipv4);
    Stream stream(hosts, Family::ipv4);
    stream.send(5);
    REQUIRE(stream.answered_all());
    REQUIRE(hosts.laptop.wait_for([&] { return hosts.laptop.first_inbound.size() == 1; }));
    const auto& [inbound, path, when] = hosts.laptop.first_inbound[0];
    CHECK(inbound == laptops_child_sa(1, {}).inbound.spi);
    CHECK(path == hosts.two_hosts.from_laptop("wlan0", Family::ipv4));

    const auto before = std::chrono::steady_clock::now().time_since_epoch();
    hosts.move("wwan0", Family::ipv4);
    stream.send(5);
    REQUIRE(stream.answered_all());
    REQUIRE(hosts.laptop.wait_for([&] { return hosts.laptop.first_inbound.size() == 2; }));
    CHECK(hosts.laptop.first_inbound[1].path == hosts.two_hosts.from_laptop("wwan0", Family::ipv4));
    CHECK(hosts.laptop.first_inbound[1].when >= before);
    CHECK(hosts.laptop.first_inbound[1].when <=
          std::chrono::steady_clock::now().time_since_epoch());
}

TEST_CASE("what comes by an SA before it is installed comes in when it is [RFC7296-2.8]") {
    PlaneHosts hosts;
    const ike::ChildSpi spi = hosts.gateway.plane->allocate_spi();
    auto here = laptops_child_sa(1, hosts.two_hosts.from_laptop("wlan0", Family::ipv4));
    here.outbound.spi = spi;
    REQUIRE(hosts.laptop.plane->install(std::move(here), true).ok());
    Stream stream(hosts, Family::ipv4);
    stream.send_blindly(20);
    REQUIRE(
        hosts.gateway.wait_for([&] { return hosts.laptop.plane->traffic().packets_out >= 20; }));
    auto there = gateways_child_sa(1, hosts.two_hosts.from_gateway("wlan0", Family::ipv4));
    there.inbound.spi = spi;
    REQUIRE(hosts.gateway.plane->install(std::move(there), true).ok());
    CHECK_MESSAGE(stream.answered_all(), hosts.counters());
    CHECK(hosts.gateway.plane->traffic().unknown_spi == 0);
}

TEST_CASE("IKE on the NAT-T port reaches the event loop without its marker, keepalives do not") {
    PlaneHosts hosts;
    const Path back = hosts.two_hosts.from_gateway("wwan0", Family::ipv4);
    REQUIRE(hosts.gateway.sockets->send_ike(back, Bytes{0xff}));
    REQUIRE(hosts.gateway.sockets->send_ike(back, Bytes{1, 2, 3}));
    REQUIRE(hosts.laptop.wait_for([&] { return hosts.laptop.ike.size() == 1; }));
    CHECK(hosts.laptop.ike[0].datagram == Bytes{1, 2, 3});
    CHECK(hosts.laptop.ike[0].path == hosts.two_hosts.from_laptop("wwan0", Family::ipv4));
}

TEST_CASE("a flood fills no memory, and the tunnel goes on after it") {
    PlaneHosts hosts;
    hosts.connect("wlan0", Family::ipv4);
    const Path back = hosts.two_hosts.from_gateway("wlan0", Family::ipv4);
    const Bytes stranger(1400, 0x55);
    const std::vector<Outgoing> strangers(1000, Outgoing{.path = back, .bytes = stranger});
    for (int count = 0; count < 20; ++count) {
        hosts.gateway.sockets->send_esp(strangers);
        for (int ike = 0; ike < 20; ++ike) {
            REQUIRE(hosts.gateway.sockets->send_ike(back, stranger));
        }
    }
    Stream stream(hosts, Family::ipv4);
    stream.send(10);
    CHECK(stream.received_all());
    CHECK(hosts.laptop.plane->traffic().unknown_spi > 0);
    hosts.laptop.plane->dispatch();
    CHECK_FALSE(hosts.laptop.ike.empty());
    CHECK(hosts.laptop.ike.size() <= PlaneEventQueue::max_ike_datagrams);
}

TEST_CASE("without a path packets are dropped and counted, until there is one again") {
    PlaneHosts hosts;
    hosts.connect("wlan0", Family::ipv4);
    Stream stream(hosts, Family::ipv4);
    hosts.laptop.plane->hold();
    stream.send_blindly(7);
    CHECK(hosts.laptop.wait_for([&] { return hosts.laptop.plane->traffic().queue_dropped >= 7; }));
    hosts.laptop.move(hosts.two_hosts.from_laptop("wwan0", Family::ipv4));
    Stream again(hosts, Family::ipv4);
    again.send(7);
    CHECK(again.received_all());
}

TEST_CASE("a plane whose device was deleted by somebody stops quietly") {
    PlaneHosts hosts;
    hosts.connect("wlan0", Family::ipv4);
    hosts.two_hosts.laptop.run_here("ip link del " + hosts.laptop.plane->device());
    const Path back = hosts.two_hosts.from_gateway("wlan0", Family::ipv4);
    REQUIRE(hosts.gateway.sockets->send_ike(back, Bytes{1, 2, 3}));
    CHECK(hosts.laptop.wait_for([&] { return hosts.laptop.ike.size() == 1; }));
}
