// SPDX-License-Identifier: Apache-2.0
#include "agent/linux/udp_socket.hpp"

#include "tests/agent/socket_of_host.hpp"

#include <doctest/doctest.h>
#include <linux/if_ether.h>

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <vector>

using namespace agent;
using namespace agent::test;
using ike::Bytes;
using ike::Family;

namespace {

Bytes counted(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t index = 0; index < size; ++index) {
        bytes[index] = static_cast<std::uint8_t>(index * 7);
    }
    return bytes;
}

}  // namespace

TEST_CASE("a batch that does not fit one system call arrives whole and in order") {
    const TwoHosts hosts;
    const auto laptop = open_on(hosts.laptop, Family::ipv4, 4500);
    const auto gateway = open_on(hosts.gateway, Family::ipv4, 4500);
    std::vector<Bytes> payloads;
    std::vector<Outgoing> outgoing;
    payloads.reserve(100);
    for (std::size_t size = 1; size <= 100; ++size) {
        payloads.emplace_back(size, std::uint8_t{1});
    }
    outgoing.reserve(payloads.size());
    for (const Bytes& payload : payloads) {
        outgoing.push_back({.path = hosts.from_laptop("wlan0", Family::ipv4),
                            .bytes = payload,
                            .dont_fragment = payload.size() % 3 == 0});
    }
    REQUIRE(laptop->send(outgoing) == 0);
    ReceiveBatch batch;
    std::size_t next = 1;
    while (next <= 100 && readable(gateway->fd())) {
        for (const Incoming& datagram : gateway->receive(batch)) {
            CHECK(datagram.bytes.size() == next);
            ++next;
        }
    }
    CHECK(next == 101);
}

TEST_CASE("what cannot be sent is lost and counted, the rest goes on") {
    const TwoHosts hosts;
    const auto laptop = open_on(hosts.laptop, Family::ipv4, 4500);
    const auto gateway = open_on(hosts.gateway, Family::ipv4, 4500);
    auto no_address = hosts.from_laptop("wlan0", Family::ipv4);
    no_address.local.address = ip("10.77.0.1");
    auto no_interface = hosts.from_laptop("wlan0", Family::ipv4);
    no_interface.interface = {4711};
    const Bytes payload = counted(10);
    const std::array sent{
        Outgoing{.path = no_address, .bytes = payload},
        Outgoing{.path = no_interface, .bytes = payload},
        Outgoing{.path = hosts.from_laptop("wlan0", Family::ipv4), .bytes = payload}};
    CHECK(laptop->send(sent) == 2);
    REQUIRE(readable(gateway->fd()));
    ReceiveBatch batch;
    CHECK(gateway->receive(batch).size() == 1);
}

TEST_CASE("DF is set where it is asked for, and a packet too large for the link still arrives") {
    const TwoHosts hosts;
    const auto laptop = open_on(hosts.laptop, Family::ipv4, 4500);
    const auto gateway = open_on(hosts.gateway, Family::ipv4, 4500);
    hosts.gateway.enter();
    const netwatch::Fd capture(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_IP)));
    REQUIRE(capture);
    for (const bool dont_fragment : {true, false, true}) {
        const Bytes payload = counted(100);
        const std::array sent{Outgoing{.path = hosts.from_laptop("wlan0", Family::ipv4),
                                       .bytes = payload,
                                       .dont_fragment = dont_fragment}};
        REQUIRE(laptop->send(sent) == 0);
        REQUIRE(readable(capture.get()));
        std::array<std::uint8_t, 200> packet{};
        REQUIRE(::recv(capture.get(), packet.data(), packet.size(), 0) == 128);
        CHECK(((packet[6] & 0x40U) != 0) == dont_fragment);
    }
    ReceiveBatch batch;
    CHECK(gateway->receive(batch).size() == 3);
    const Bytes large = counted(4000);
    const std::array sent{Outgoing{
        .path = hosts.from_laptop("wlan0", Family::ipv4), .bytes = large, .dont_fragment = true}};
    REQUIRE(laptop->send(sent) == 0);
    REQUIRE(readable(gateway->fd()));
    const auto received = gateway->receive(batch);
    REQUIRE(received.size() == 1);
    CHECK(ike::equal(received[0].bytes, large));
}
