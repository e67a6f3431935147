// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/ike_sockets.hpp"

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

/// Keeps what is logged.
class Lines final : public ike::Log {
  public:
    void write(ike::Level level, std::string_view event,
               std::initializer_list<ike::Field>) override {
        if (level == ike::Level::warning) {
            warnings.emplace_back(event);
        }
    }
    std::vector<std::string> warnings;
};

/// The path of the message that comes in on the sockets for IKE, as text; empty if none comes.
std::string received_by(IkeSockets& sockets) {
    std::vector<pollfd> waiting;
    for (const auto& socket : sockets.ike_sockets()) {
        waiting.push_back({socket->fd(), POLLIN, 0});
    }
    REQUIRE(::poll(waiting.data(), waiting.size(), 5000) == 1);
    std::string path;
    sockets.receive_ike([&](ike::ByteView, const ike::Path& by) { path += by.text(); });
    return path;
}

}  // namespace

TEST_CASE("a datagram leaves by its path, not by the route, and its receiver knows the path") {
    const TwoHosts hosts;
    Lines log;
    hosts.laptop.enter();
    auto laptop = IkeSockets::open({}, log);
    REQUIRE(laptop.ok());
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const auto gateway = open_on(hosts.gateway, family, 4500);
        ReceiveBatch batch;
        for (const char* uplink : {"wwan0", "wlan0", "wwan0"}) {
            const Bytes payload = Bytes(700, 0x07);
            const std::array sent{Outgoing{.path = hosts.from_laptop(uplink, family),
                                           .bytes = payload,
                                           .traffic_class = 0xb9}};
            REQUIRE(laptop->send_esp(sent) == 0);
            REQUIRE(readable(gateway->fd()));
            const auto received = gateway->receive(batch);
            REQUIRE(received.size() == 1);
            CHECK(received[0].path.text() == hosts.from_gateway(uplink, family).text());
            CHECK(ike::equal(received[0].bytes, payload));
            CHECK(received[0].traffic_class == 0xb9);
        }
    }
}

TEST_CASE("while datagrams leave by one interface, they come in by every one") {
    const TwoHosts hosts;
    Lines log;
    hosts.laptop.enter();
    auto laptop = IkeSockets::open({}, log);
    REQUIRE(laptop.ok());
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const auto gateway = open_on(hosts.gateway, family, 500);
        REQUIRE(laptop->send_ike(hosts.from_laptop("wlan0", family, 500), Bytes{1}));
        for (const char* uplink : {"wlan0", "wwan0"}) {
            // The gateway's own choice of the way is that of its routes, so both ends agree.
            const Bytes message = Bytes(60, 0x07);
            const std::array sent{
                Outgoing{.path = hosts.from_gateway(uplink, family, 500), .bytes = message}};
            REQUIRE(gateway->send(sent) == 0);
            CHECK(received_by(*laptop) == hosts.from_laptop(uplink, family, 500).text());
        }
    }
}

TEST_CASE("a taken port is replaced by another one, the same for both families, with a warning") {
    const Host host;
    const auto other = open_on(host, Family::ipv6, 4500);
    Lines log;
    auto sockets = IkeSockets::open({}, log);
    REQUIRE(sockets.ok());
    CHECK(sockets->ports().ike == 500);
    CHECK(sockets->ports().nat_t != 4500);
    CHECK(sockets->nat_t_sockets().size() == 3);
    for (const auto& socket : sockets->nat_t_sockets()) {
        CHECK(socket->port() == sockets->ports().nat_t);
    }
    CHECK(log.warnings.size() == 1);

    const auto second = IkeSockets::open(sockets->ports(), log);
    REQUIRE(second.ok());
    CHECK(second->ports().ike != 500);
    CHECK(second->ports().nat_t != sockets->ports().nat_t);
}

TEST_CASE("the content of a NAT-T datagram is told by its first bytes [RFC3948-2]") {
    CHECK(nat_t_content(Bytes{0xff}) == NatTContent::nat_keepalive);
    CHECK(nat_t_content(Bytes{0xfe}) == NatTContent::unknown);
    CHECK(nat_t_content(Bytes{}) == NatTContent::unknown);
    CHECK(nat_t_content(Bytes{0, 0, 0}) == NatTContent::unknown);
    CHECK(nat_t_content(Bytes{0, 0, 0, 0, 1}) == NatTContent::ike);
    CHECK(nat_t_content(Bytes{0, 0, 0, 1, 1}) == NatTContent::esp);
    CHECK(nat_t_content(Bytes{0xff, 0xff, 0xff, 0xff}) == NatTContent::esp);
}

TEST_CASE("IKE has the non-ESP marker from the NAT-T port, none from port 500 [RFC3948-2.2]") {
    const TwoHosts hosts;
    Lines log;
    hosts.laptop.enter();
    auto laptop = IkeSockets::open({}, log);
    REQUIRE(laptop.ok());
    const auto peer_ike = open_on(hosts.gateway, Family::ipv4, 500);
    const auto peer_nat_t = open_on(hosts.gateway, Family::ipv4, 4500);
    ReceiveBatch batch;
    const auto sent_as = [&](UdpSocket& peer, const ike::Path& path, const Bytes& datagram) {
        REQUIRE(laptop->send_ike(path, datagram));
        REQUIRE(readable(peer.fd()));
        return ike::to_hex(peer.receive(batch)[0].bytes);
    };
    CHECK(sent_as(*peer_ike, hosts.from_laptop("wlan0", Family::ipv4, 500), {1, 2}) == "0102");
    const ike::Path nat_t = hosts.from_laptop("wlan0", Family::ipv4);
    CHECK(sent_as(*peer_nat_t, nat_t, {1, 2}) == "000000000102");
    CHECK(sent_as(*peer_nat_t, nat_t, {0xff}) == "ff");

    ike::Path no_socket = nat_t;
    no_socket.local.port = 4501;
    CHECK_FALSE(laptop->send_ike(no_socket, Bytes{1, 2}));
}
