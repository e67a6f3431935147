// SPDX-License-Identifier: Apache-2.0
#include "agent/linux/kernel_ids.hpp"
#include "agent/linux/udp_socket.hpp"
#include "agent/routing/uplink_route.hpp"
#include "tests/agent/two_hosts.hpp"
#include "tests/agent/two_uplinks.hpp"

#include <linux/udp.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <span>

using namespace agent;
using namespace agent::test;

// The kernel's treatment of the ESP that it makes itself, once UplinkRoute has been told of the
// path.

namespace {

/// Two hosts with a tunnel between them that is made by hand, a policy of each family, and the
/// states of one path. Through it, the laptop reaches 10.20.0.2 and fd20::2.
class KernelTunnel {
  public:
    KernelTunnel() {
        hosts.gateway.run_here(
            "ip addr add 10.20.0.2/32 dev lo && ip -6 addr add fd20::2/128 dev lo nodad && "
            "ip route add 10.50.0.1 dev wlan0 && ip -6 route add fd50::1 dev wlan0");
        hosts.laptop.run_here(
            "ip addr add 10.50.0.1/32 dev lo && ip -6 addr add fd50::1/128 dev lo nodad && "
            "ip route add 10.20.0.2 dev wlan0 src 10.50.0.1 && "
            "ip -6 route add fd20::2 dev wlan0 src fd50::1");
        network = network_now();
    }

    /// False, and a line that says so: this kernel has no ESP.
    bool carries(const ike::Path& path, bool encapsulated) {
        const std::string local = path.local.address.text();
        const std::string remote = path.remote.address.text();
        const std::string tail =
            " proto esp reqid 29280 mode tunnel flag af-unspec aead 'rfc4106(gcm(aes))' "
            "0x0102030405060708090a0b0c0d0e0f1011121314 128" +
            std::string(encapsulated ? " encap espinudp 4500 4500 0.0.0.0" : "");
        const std::string out = "src " + local + " dst " + remote + " spi 0x1001" + tail;
        const std::string in = "src " + remote + " dst " + local + " spi 0x1002" + tail;
        hosts.laptop.enter();
        if (!run("ip xfrm state add " + out + " output-mark 0x726f616d 2>/dev/null")) {
            MESSAGE("skipped: this kernel has no ESP");
            return false;
        }
        hosts.laptop.run_here("ip xfrm state add " + in);
        hosts.gateway.run_here("ip xfrm state add " + out + " && ip xfrm state add " + in);
        for (const auto& [ours, theirs] :
             {std::pair("10.50.0.1", "10.20.0.2"), std::pair("fd50::1", "fd20::2")}) {
            add_policy(hosts.laptop, "out", std::string("src ") + ours + " dst " + theirs, local,
                       remote);
            add_policy(hosts.laptop, "in", std::string("src ") + theirs + " dst " + ours, remote,
                       local);
            add_policy(hosts.gateway, "out", std::string("src ") + theirs + " dst " + ours, remote,
                       local);
            add_policy(hosts.gateway, "in", std::string("src ") + ours + " dst " + theirs, local,
                       remote);
        }
        receive_encapsulated(path.local.address.family());
        return true;
    }

    /// The gateway's place becomes that of a router, with a link of 1300 octets behind it.
    void make_narrow() const {
        hosts.gateway.run_here(
            "ip addr del 192.0.2.1/32 dev lo && ip -6 addr del 2001:db8::1/128 dev lo && "
            "ip link add narrow mtu 1300 type veth peer name far && "
            "ip link set narrow up && ip link set far up && "
            "ip route add 192.0.2.1 dev narrow && ip -6 route add 2001:db8::1 dev narrow && "
            "echo 1 >/proc/sys/net/ipv4/ip_forward && "
            "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding");
    }

    /// Whether so many echo requests through the tunnel are answered.
    [[nodiscard]] bool answers(const std::string& inside, int count = 1) const {
        hosts.laptop.enter();
        return run("ping -q -i 0.01 -W 2 -c " + std::to_string(count) + " " + inside +
                   " >/dev/null 2>&1");
    }
    /// The words of ping about large packets that must not be fragmented.
    [[nodiscard]] std::string ping_large(const std::string& inside) const {
        hosts.laptop.enter();
        return output_of("ping -c 3 -i 0.1 -W 0.3 -M do -s 1330 " + inside);
    }

    [[nodiscard]] int sent_by(const std::string& uplink) const {
        hosts.laptop.enter();
        return std::stoi(output_of("ip -s -j link show " + uplink +
                                   " | sed 's/.*\"tx\":{[^}]*\"packets\":\\([0-9]*\\).*/\\1/'"));
    }

    TwoHosts hosts;
    netwatch::Snapshot network;

  private:
    static void add_policy(const Host& host, const std::string& direction,
                           const std::string& selector, const std::string& source,
                           const std::string& destination) {
        host.run_here("ip xfrm policy add " + selector + " dir " + direction + " tmpl src " +
                      source + " dst " + destination + " proto esp reqid 29280 mode tunnel");
    }

    /// Sockets that the kernel takes ESP in UDP from (RFC 3948), with our mark.
    void receive_encapsulated(ike::Family family) {
        for (const Host* host : {&hosts.laptop, &hosts.gateway}) {
            host->enter();
            auto socket = UdpSocket::open(family, ike::nat_t_port);
            REQUIRE(socket.ok());
            const int kind = UDP_ENCAP_ESPINUDP;
            REQUIRE(::setsockopt((*socket)->fd(), IPPROTO_UDP, UDP_ENCAP, &kind, sizeof kind) == 0);
            sockets_.push_back(std::move(*socket));
        }
    }

    std::vector<std::unique_ptr<UdpSocket>> sockets_;
};

struct Case {
    ike::Family family;
    bool encapsulated;
    const char* inside;
};
constexpr std::array cases{
    Case{ike::Family::ipv4, false, "10.20.0.2"}, Case{ike::Family::ipv4, true, "10.20.0.2"},
    Case{ike::Family::ipv6, false, "fd20::2"},   Case{ike::Family::ipv6, true, "fd20::2"},
    Case{ike::Family::ipv4, true, "fd20::2"},    Case{ike::Family::ipv6, false, "10.20.0.2"}};

// More than the packets that a link's neighbours discover each other by.
constexpr int many = 20;

}  // namespace

TEST_CASE("ESP of the kernel leaves by the uplink of its source, of lesser preference too") {
    for (const Case& which : cases) {
        CAPTURE(which.inside);
        CAPTURE(which.encapsulated);
        KernelTunnel tunnel;
        const ike::Path path = tunnel.hosts.from_laptop("wwan0", which.family);
        if (!tunnel.carries(path, which.encapsulated)) {
            return;
        }
        tunnel.hosts.laptop.enter();
        UplinkRoute egress(first_table);
        REQUIRE(egress.use(path, tunnel.network).ok());
        const int before = tunnel.sent_by("wwan0");
        REQUIRE(tunnel.answers(which.inside, many));
        CHECK(tunnel.sent_by("wwan0") >= before + many);

        tunnel.hosts.laptop.enter();
        REQUIRE(egress.drop(path).ok());
        const int after = tunnel.sent_by("wwan0");
        REQUIRE(tunnel.answers(which.inside, many));
        CHECK(tunnel.sent_by("wwan0") < after + many);  // by the destination alone
    }
}

TEST_CASE("strict reverse path filtering takes in ESP on an uplink of lesser preference") {
    for (const bool encapsulated : {false, true}) {
        CAPTURE(encapsulated);
        KernelTunnel tunnel;
        const ike::Path path = tunnel.hosts.from_laptop("wwan0", ike::Family::ipv4);
        if (!tunnel.carries(path, encapsulated)) {
            return;
        }
        tunnel.hosts.laptop.run_here("echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter");
        // Both hosts are linked twice; the answers are to come in by this uplink.
        tunnel.hosts.gateway.run_here("ip route replace 10.2.0.2 dev wwan0");
        tunnel.hosts.laptop.enter();
        UplinkRoute egress(first_table);
        REQUIRE(egress.use(path, tunnel.network).ok());
        CHECK(tunnel.answers("10.20.0.2"));
    }
}

TEST_CASE("the path MTU that a router tells of is heeded while the path is used, no longer") {
    for (const Case& which : std::span(cases).first(4)) {
        CAPTURE(which.inside);
        CAPTURE(which.encapsulated);
        KernelTunnel tunnel;
        const ike::Path path = tunnel.hosts.from_laptop("wwan0", which.family);
        if (!tunnel.carries(path, which.encapsulated)) {
            return;
        }
        tunnel.make_narrow();
        tunnel.hosts.laptop.enter();
        UplinkRoute egress(first_table);
        REQUIRE(egress.use(path, tunnel.network).ok());
        const std::string route = "ip route get " + path.remote.address.text() + " from " +
                                  path.local.address.text() + " mark 0x726f616d";
        CHECK(tunnel.ping_large(which.inside).find("mtu") != std::string::npos);
        CHECK(output_of(route).find("mtu 1300") != std::string::npos);

        REQUIRE(egress.use(path, tunnel.network).ok());
        CHECK(output_of(route).find("mtu 1300") != std::string::npos);

        REQUIRE(egress.drop(path).ok());
        REQUIRE(egress.use(path, tunnel.network).ok());
        CHECK(output_of(route).find("mtu") == std::string::npos);
    }
}
