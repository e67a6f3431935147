// SPDX-License-Identifier: Apache-2.0
// Outer packets that wait, without states: what the kernel would send, a socket of the test's
// sends.
#include "agent/dataplane/xfrm/outbound_hold.hpp"

#include "agent/dataplane/xfrm/ip_packet.hpp"
#include "agent/linux/control_message.hpp"
#include "agent/linux/kernel_ids.hpp"
#include "agent/linux/socket_mark.hpp"
#include "tests/agent/dataplane/xfrm/host_context.hpp"
#include "tests/agent/network_namespace.hpp"

#include <doctest/doctest.h>

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace agent;
using namespace agent::test;
using namespace agent::xfrm;
using namespace std::chrono_literals;

namespace {

constexpr const char* wifi = "192.0.2.1";
constexpr const char* cell = "198.51.100.1";
constexpr std::string_view spi = "\xc0\xff\xee\x01";

/// A packet as it left.
struct Sent {
    std::string from;
    bool udp;
    std::string text;
    friend bool operator==(const Sent&, const Sent&) = default;
};

ike::IpAddress ip(const char* text) {
    return ike::IpAddress::parse(text).value();
}

/// A laptop with an uplink that the test reads, and two addresses on it.
class Sender {
  public:
    Sender() {
        REQUIRE(enter_network_namespace());
        auto device = TunDevice::create("wlan0");
        REQUIRE_MESSAGE(device.ok(), (device ? "" : device.error().text()));
        uplink_.emplace(std::move(*device));
        REQUIRE(run("echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter"));
        REQUIRE(run("echo 0 >/proc/sys/net/ipv4/conf/wlan0/rp_filter"));
        REQUIRE(
            run("ip link set lo up && ip link set wlan0 up && ip addr add 192.0.2.1/24 dev wlan0"));
        REQUIRE(run("ip addr add 198.51.100.1/24 dev wlan0 && ip route add default dev wlan0"));
        host_.open();
        routes_ = std::make_unique<UplinkRoutes>(*host_.loop, host_.log, host_.network, first_table,
                                                 "roamd0", UplinkRoutes::Wanted::always);
        hold.emplace(
            DataPlaneContext{*host_.loop, host_.log, *host_.sockets, host_.network, first_table},
            *routes_, [this] { ++overdue; });
    }

    static EncapsulatedPath way(const char* local, bool udp = true) {
        return {{{::if_nametoindex("wlan0")}, {ip(local), 4500}, {ip("203.0.113.9"), 4500}}, udp};
    }
    /// ESP in UDP leaves from this address, routed as that of a state.
    void send(const char* local, const std::string& text) {
        const netwatch::Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        const int on = 1;
        REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0);
        REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_MARK, &outer_mark, sizeof outer_mark) == 0);
        sockaddr_storage own{};
        const socklen_t size = write_address(own, {ip(local), 0}, {});
        REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&own), size) == 0);
        sockaddr_storage gateway{};
        const socklen_t length = write_address(gateway, {ip("203.0.113.9"), 4500}, {});
        const std::string packet = std::string(spi) + std::string("\0\0\0\1", 4) + text;
        REQUIRE(::sendto(fd.get(), packet.data(), packet.size(), 0,
                         reinterpret_cast<const sockaddr*>(&gateway), length) > 0);
    }
    /// The ESP packets that have left since.
    std::vector<Sent> sent() {
        std::vector<Sent> packets;
        ike::Bytes buffer(2048);
        while (const std::size_t size = uplink_->read(buffer)) {
            const auto packet = IpPacket::read(ike::ByteView(buffer).first(size));
            if (!packet || !carries_esp(*packet)) {
                continue;
            }
            const bool udp = packet->protocol == IPPROTO_UDP;
            const auto text = ike::as_text(packet->payload.subspan((udp ? 8U : 0U) + 8U));
            packets.push_back({packet->from.text(), udp, std::string(text)});
        }
        return packets;
    }
    void turn() { REQUIRE(host_.loop->run_once(10ms).ok()); }
    static bool has_device() {
        return output_of("ip -o link").find("roamd-wait") != std::string::npos;
    }

    int overdue = 0;

  private:
    HostContext host_;
    std::optional<TunDevice> uplink_;
    std::unique_ptr<UplinkRoutes> routes_;

  public:
    std::optional<OutboundHold> hold;
};

}  // namespace

TEST_CASE("packets of the path that is held wait in their order; those of another path leave") {
    Sender sender;
    REQUIRE(sender.hold->begin(Sender::way(cell), Sender::way(wifi), 10s).ok());
    CHECK(sender.hold->active());
    CHECK(sender.hold->before() == Sender::way(wifi));
    sender.send(cell, "one");
    sender.turn();
    sender.send(cell, "two");
    sender.send(wifi, "by the present path");
    CHECK(sender.sent() == std::vector<Sent>{{wifi, true, "by the present path"}});
    CHECK(sender.hold->release());
    CHECK_FALSE(sender.hold->active());
    CHECK(sender.sent() == std::vector<Sent>{{cell, true, "one"}, {cell, true, "two"}});
    sender.send(cell, "after");
    CHECK(sender.sent() == std::vector<Sent>{{cell, true, "after"}});
}

TEST_CASE(
    "packets that waited are taken out of UDP if the gateway wants that, of their path only") {
    Sender sender;
    REQUIRE(sender.hold->begin(Sender::way(cell), Sender::way(wifi), 10s).ok());
    sender.send(cell, "waited");
    sender.hold->encapsulate_as(Sender::way(cell, false));
    sender.hold->encapsulate_as(Sender::way(wifi, true));
    CHECK(sender.hold->release());
    CHECK(sender.sent() == std::vector<Sent>{{cell, false, "waited"}});
}

TEST_CASE("a hold that nobody ends is overdue once, and a released one never") {
    Sender sender;
    REQUIRE(sender.hold->begin(Sender::way(cell), Sender::way(wifi), 20ms).ok());
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    while (sender.overdue == 0 && std::chrono::steady_clock::now() < deadline) {
        sender.turn();
    }
    CHECK(sender.overdue == 1);
    CHECK(sender.hold->active());
    CHECK(sender.hold->release());
    REQUIRE(sender.hold->begin(Sender::way(cell), Sender::way(wifi), 20ms).ok());
    CHECK(sender.hold->release());
    const auto later = std::chrono::steady_clock::now() + 60ms;
    while (std::chrono::steady_clock::now() < later) {
        sender.turn();
    }
    CHECK(sender.overdue == 1);
}

TEST_CASE("a released hold is forgotten with its device, an active one is not") {
    Sender sender;
    CHECK_FALSE(sender.hold->release());
    REQUIRE(sender.hold->begin(Sender::way(cell), Sender::way(wifi), 10s).ok());
    sender.hold->forget();
    CHECK(sender.hold->active());
    CHECK(sender.hold->release());
    CHECK_FALSE(sender.hold->release());
    CHECK(Sender::has_device());
    sender.hold->forget();
    CHECK_FALSE(Sender::has_device());
}

TEST_CASE(
    "packets do not wait where rp_filter is strict: what the gateway sends would be dropped") {
    Sender sender;
    REQUIRE(run("echo 1 >/proc/sys/net/ipv4/conf/wlan0/rp_filter"));
    const auto begun = sender.hold->begin(Sender::way(cell), Sender::way(wifi), 10s);
    REQUIRE_FALSE(begun.ok());
    CHECK(begun.error().text().find("rp_filter is strict on wlan0") != std::string::npos);
    CHECK_FALSE(sender.hold->active());
    CHECK_FALSE(Sender::has_device());
    sender.send(cell, "leaves at once");
    CHECK(sender.sent() == std::vector<Sent>{{cell, true, "leaves at once"}});
}
