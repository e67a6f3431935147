// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/unmatched_esp.hpp"

#include "agent/dataplane/xfrm/ip_packet.hpp"
#include "agent/linux/control_message.hpp"
#include "tests/agent/network_namespace.hpp"
#include "tests/hex.hpp"

#include <doctest/doctest.h>

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>

using namespace agent;
using namespace agent::test;
using namespace agent::xfrm;
using tests::hex;

namespace {

constexpr std::uint16_t port = 4500;
const ike::Bytes esp = hex("c0ffee01 00000007 0102030405060708");

ike::IpAddress ip(const char* text) {
    return ike::IpAddress::parse(text).value();
}

/// From the gateway to this address of ours.
ike::Path path_to(const char* local, std::uint16_t local_port = port) {
    return {ike::InterfaceIndex{3},
            {ip(local), local_port},
            {ip(ip(local).is_ipv4() ? "203.0.113.9" : "2001:db8:9::9"), 1024}};
}

/// A laptop with an uplink that the test writes to.
struct Machine {
    Machine() {
        REQUIRE(enter_network_namespace());
        auto device = TunDevice::create("wlan0");
        REQUIRE_MESSAGE(device.ok(), (device ? "" : device.error().text()));
        uplink.emplace(std::move(*device));
        REQUIRE(run("ip link set lo up && ip link set wlan0 up"));
        for (const char* address : {"192.0.2.1/24", "198.51.100.1/24", "2001:db8::1/64"}) {
            REQUIRE(run(std::string("ip addr add ") + address + " dev wlan0"));
        }
        REQUIRE(run("ip route add default dev wlan0 && ip -6 route add default dev wlan0"));
        auto opened = UnmatchedEsp::open(port);
        REQUIRE_MESSAGE(opened.ok(), (opened ? "" : opened.error().text()));
        unmatched.emplace(std::move(*opened));
    }

    void come(const char* local, bool udp, ike::ByteView payload = esp,
              std::uint16_t local_port = port) {
        REQUIRE(uplink->write(incoming_esp(path_to(local, local_port), udp, 0xb9, payload)));
    }
    void watch(std::vector<EspAddress> addresses) {
        unmatched->watch(std::move(addresses));
        REQUIRE(unmatched->filter({{{0x0badcafe}, {0xc0ffee01}}, {}, {}}).ok());
    }
    /// Where packets were read that came elsewhere than the states are.
    std::vector<EspAddress> read() {
        std::vector<EspAddress> addresses;
        for (const CapturedEsp& packet : unmatched->take_in(1000)) {
            addresses.push_back(packet.to);
        }
        return addresses;
    }

    std::optional<TunDevice> uplink;
    std::optional<UnmatchedEsp> unmatched;
};

/// The payload that is delivered as UDP to this address of ours.
class Listener {
  public:
    explicit Listener(const char* local) {
        const ike::IpAddress address = ip(local);
        fd_.reset(::socket(address.is_ipv4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        sockaddr_storage own{};
        const socklen_t size = write_address(own, {address, port}, {});
        REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&own), size) == 0);
    }
    ike::Bytes receive() {
        pollfd readable{fd_.get(), POLLIN, 0};
        REQUIRE(::poll(&readable, 1, 5000) == 1);
        ike::Bytes bytes(100);
        const ssize_t size = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
        bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        return bytes;
    }

  private:
    netwatch::Fd fd_;
};

}  // namespace

TEST_CASE("ESP that comes where it is watched for is read, in UDP and bare, all else is not") {
    Machine machine;
    const EspAddress cellular{ip("198.51.100.1"), true};
    const EspAddress bare_ipv6{ip("2001:db8::1"), false};
    const auto all_come = [&] {
        for (const char* local : {"192.0.2.1", "198.51.100.1", "2001:db8::1"}) {
            for (const bool udp : {true, false}) {
                machine.come(local, udp);
            }
        }
    };
    all_come();
    CHECK(machine.read().empty());
    machine.watch({bare_ipv6, cellular});
    all_come();
    CHECK(machine.read() == std::vector{cellular, bare_ipv6});
    machine.come("198.51.100.1", true, hex("00000000 0102030405060708 0102030405060708"));  // IKE
    machine.come("198.51.100.1", true, hex("ff"));  // a keepalive
    machine.come("198.51.100.1", true, esp, 4501);
    machine.come("2001:db8::1", false, hex("c0ffee01"));
    machine.come("2001:db8::1", false, hex("c0ffee02 00000007 0102030405060708"));  // another's
    CHECK(machine.read().empty());
    machine.watch({});
    all_come();
    CHECK(machine.read().empty());
}

TEST_CASE("what came to one address comes in at another, of either family, whatever is filtered") {
    for (const auto& filters : {std::pair(0, 0), {0, 1}, {0, 2}, {1, 0}, {1, 1}, {2, 1}}) {
        const std::string all = std::to_string(filters.first);
        const std::string own = std::to_string(filters.second);
        CAPTURE(all);
        CAPTURE(own);
        Machine machine;
        const std::string conf = "/proc/sys/net/ipv4/conf/";
        REQUIRE(run("echo " + all + " >" + conf + "all/rp_filter"));
        REQUIRE(run("echo " + own + " >" + conf + "roamd-in0/rp_filter"));
        REQUIRE(machine.unmatched->check_device().ok());
        machine.watch({{ip("192.0.2.1"), true}, {ip("2001:db8::1"), false}});
        for (const char* home : {"198.51.100.1", "2001:db8::1"}) {
            CAPTURE(home);
            Listener listener(home);
            machine.come("192.0.2.1", true);
            machine.come("2001:db8::1", false);
            const auto packets = machine.unmatched->take_in(10);
            REQUIRE(packets.size() == 2);
            for (const CapturedEsp& packet : packets) {
                CHECK(machine.unmatched->bring_in(packet, {path_to(home), true}));
                CHECK(listener.receive() == esp);
            }
            CHECK(machine.read().empty());  // what was brought in is not read again
        }
    }
}

TEST_CASE("what comes to where the states are is not copied, in the other form or next to it is") {
    Machine machine;
    for (const char* home : {"192.0.2.1", "2001:db8::1"}) {
        for (const bool udp : {true, false}) {
            CAPTURE(home);
            CAPTURE(udp);
            std::vector<EspAddress> others;
            for (const char* local :
                 {"192.0.2.1", "198.51.100.1", "2001:db8::1", "2001:db8::2:1"}) {
                others.push_back({ip(local), false});
                others.push_back({ip(local), true});
            }
            machine.unmatched->watch(others);
            REQUIRE(
                machine.unmatched->filter({{{0xc0ffee01}}, EspAddress{ip(home), udp}, {}}).ok());
            for (const EspAddress& each : others) {
                machine.come(each.local.text().c_str(), each.udp_encapsulated);
            }
            std::erase(others, EspAddress{ip(home), udp});
            CHECK(machine.read() == others);
        }
    }
}

TEST_CASE("what is awaited is read wherever it comes to, home as well, all else as ever") {
    Machine machine;
    const EspAddress home{ip("192.0.2.1"), true};
    machine.unmatched->watch({{ip("2001:db8::1"), true}});
    REQUIRE(machine.unmatched->filter({{{0xc0ffee01}}, home, {{0xc0ffee02}, {0xc0ffee03}}}).ok());
    const ike::Bytes awaited = hex("c0ffee03 00000001 0102030405060708");
    std::vector<EspAddress> everywhere;
    for (const char* local : {"192.0.2.1", "198.51.100.1", "2001:db8::1"}) {
        for (const bool udp : {false, true}) {
            machine.come(local, udp);
            machine.come(local, udp, awaited);
            everywhere.push_back({ip(local), udp});
        }
    }
    std::vector<EspAddress> seen;
    for (const CapturedEsp& packet : machine.unmatched->take_in(100)) {
        if (packet.spi == ike::ChildSpi{0xc0ffee03}) {
            seen.push_back(packet.to);
        } else {
            CHECK(packet.to == EspAddress{ip("2001:db8::1"), true});
        }
    }
    CHECK(seen == everywhere);
}

TEST_CASE("as many SPIs and addresses as there may be are all told apart") {
    constexpr std::uint32_t most = 128;
    Machine machine;
    std::vector<ike::ChildSpi> spis;
    for (std::uint32_t spi = 1; spi <= most; ++spi) {
        spis.push_back({spi << 8U});
    }
    std::vector<EspAddress> addresses;
    for (int host = 1; host <= 30; ++host) {
        const std::string number = std::to_string(host);
        for (const bool udp : {true, false}) {
            addresses.push_back({ip(("192.0.2." + number).c_str()), udp});
            addresses.push_back({ip(("2001:db8::" + number).c_str()), udp});
        }
    }
    machine.unmatched->watch(addresses);
    REQUIRE(machine.unmatched->filter({spis, {}, {}}).ok());
    for (const std::uint32_t spi : {1U, 2U, 77U, 127U, 128U, 129U}) {
        const auto packet = ike::Writer().u32(spi << 8U).u32(1).zeros(8).release();
        for (const char* local :
             {"192.0.2.1", "2001:db8::30", "192.0.2.31", "2001:db8::31", "2001:db8:7::30"}) {
            for (const bool udp : {true, false}) {
                machine.come(local, udp, packet);
            }
        }
        CHECK(machine.read().size() == (spi > most ? 0 : 4));
    }
}

TEST_CASE("a burst waits to be read, and what was too much for that is counted") {
    Machine machine;
    machine.watch({{ip("192.0.2.1"), true}});
    for (int packets = 0; packets < 2000; ++packets) {
        machine.come("192.0.2.1", true);
    }
    CHECK(machine.unmatched->take_in(1500).size() == 1500);
    CHECK(machine.unmatched->take_in(1500).size() == 500);
    CHECK(machine.unmatched->missed() == 0);
    const ike::Bytes large = [] {
        ike::Bytes bytes = esp;
        bytes.resize(60000);
        return bytes;
    }();
    std::size_t sent = 0;
    for (; sent < 1000; ++sent) {
        machine.come("192.0.2.1", true, large);
    }
    const std::size_t read = machine.unmatched->take_in(1000).size();
    CHECK(read > 0);
    CHECK(read < sent);
    CHECK(machine.unmatched->missed() == sent - read);
    CHECK(machine.unmatched->missed() == 0);
}

TEST_CASE("what is too short for ESP, a fragment, or of another port is no such packet") {
    for (const char* local : {"192.0.2.1", "2001:db8::1"}) {
        for (const bool udp : {true, false}) {
            const ike::Bytes whole = incoming_esp(path_to(local), udp, 0, esp);
            CHECK(captured_in(whole, port));
            CHECK(captured_in(whole, 4501).has_value() == !udp);
            for (std::size_t size = 0; size < whole.size(); ++size) {
                CHECK_FALSE(captured_in(ike::ByteView(whole).first(size), port));
            }
            for (std::size_t size = 0; size < esp.size(); ++size) {
                const auto cut =
                    incoming_esp(path_to(local), udp, 0, ike::ByteView(esp).first(size));
                CHECK(captured_in(cut, port).has_value() == (size >= 8));
            }
        }
    }
    ike::Bytes huge = esp;
    huge.resize(65500);
    CHECK_FALSE(captured_in(incoming_esp(path_to("192.0.2.1"), false, 0, huge), port));
    ike::Bytes fragment = incoming_esp(path_to("192.0.2.1"), false, 0, esp);
    fragment[6] = 0x20;
    CHECK_FALSE(captured_in(fragment, port));
    CHECK_FALSE(
        captured_in(incoming_esp(path_to("192.0.2.1"), true, 0, hex("0000000000000007")), port));
}

TEST_CASE("what is read of ESP is its SPI, its number, what it carries, and how it came") {
    Machine machine;
    for (const char* local : {"192.0.2.1", "2001:db8::1"}) {
        for (const bool udp : {true, false}) {
            machine.watch({{ip(local), udp}});
            machine.come(local, udp);
            const auto packets = machine.unmatched->take_in(10);
            REQUIRE(packets.size() == 1);
            CHECK(packets[0].to == EspAddress{ip(local), udp});
            CHECK(packets[0].spi == ike::ChildSpi{0xc0ffee01});
            CHECK(packets[0].number == 7);
            CHECK(packets[0].traffic_class == 0xb9);
            CHECK(packets[0].esp == esp);
        }
    }
}
