// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/ip_packet.hpp"

#include "tests/hex.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace agent::xfrm;
using tests::hex;

namespace {

const std::string ipv4_addresses = "c0000201 cb00710a";
const std::string ipv6_addresses =
    "20010db8000000000000000000000001 20010db8000900000000000000000009";
const std::string esp = "c0ffee01 00000007 0102030405";

/// 192.0.2.1 to 203.0.113.10, or as much in IPv6; by port 4500 and 4500.
ike::Path path(bool ipv4) {
    const char* local = ipv4 ? "192.0.2.1" : "2001:db8::1";
    const char* remote = ipv4 ? "203.0.113.10" : "2001:db8:9::9";
    return {ike::InterfaceIndex{3},
            {*ike::IpAddress::parse(local), 4500},
            {*ike::IpAddress::parse(remote), 4500}};
}

ike::Bytes bare(bool ipv4) {
    return ipv4 ? hex("45000021 12344000 40320000" + ipv4_addresses + esp)
                : hex("60000000 000d3240" + ipv6_addresses + esp);
}

/// The checksum over IPv6 was computed by another program.
ike::Bytes in_udp(bool ipv4) {
    return ipv4 ? hex("45000029 12344000 40110000" + ipv4_addresses + "11941194 00150000" + esp)
                : hex("60000000 00151140" + ipv6_addresses + "11941194 0015c908" + esp);
}

std::optional<ike::Bytes> reencapsulated(const ike::Bytes& packet, bool ipv4, bool udp) {
    return reencapsulated(IpPacket::read(packet).value(), path(ipv4), udp);
}

}  // namespace

TEST_CASE("bare ESP is put into UDP and taken out again, byte for byte [RFC3948-2.1]") {
    for (const bool ipv4 : {true, false}) {
        CAPTURE(ipv4);
        CHECK(ike::to_hex(reencapsulated(bare(ipv4), ipv4, true).value()) ==
              ike::to_hex(in_udp(ipv4)));
        CHECK(ike::to_hex(reencapsulated(in_udp(ipv4), ipv4, false).value()) ==
              ike::to_hex(bare(ipv4)));
        CHECK_FALSE(reencapsulated(bare(ipv4), ipv4, false));
        CHECK_FALSE(reencapsulated(in_udp(ipv4), ipv4, true));
    }
}

TEST_CASE("ESP that is to come in by a path gets headers as it would have come, byte for byte") {
    const auto incoming = [](bool ipv4, bool udp) {
        return ike::to_hex(incoming_esp(path(ipv4), udp, 0xb8, hex(esp)));
    };
    const std::string ipv4_back = "cb00710a c0000201";
    const std::string ipv6_back =
        "20010db8000900000000000000000009 20010db8000000000000000000000001";
    // The checksums were computed by another program.
    CHECK(incoming(true, false) ==
          ike::to_hex(hex("45b80021 00000000 40327be7" + ipv4_back + esp)));
    CHECK(incoming(true, true) ==
          ike::to_hex(hex("45b80029 00000000 40117c00" + ipv4_back + "11941194 00150000" + esp)));
    CHECK(incoming(false, false) == ike::to_hex(hex("6b800000 000d3240" + ipv6_back + esp)));
    CHECK(incoming(false, true) ==
          ike::to_hex(hex("6b800000 00151140" + ipv6_back + "11941194 0015c908" + esp)));
}

TEST_CASE("ESP is told from IKE, keepalives and others' packets [RFC3948-2.2]") {
    const auto carries = [](const std::string& rest) {
        ike::Bytes packet = hex("45000000 12344000 40" + rest);
        packet[3] = static_cast<std::uint8_t>(packet.size());
        return carries_esp(IpPacket::read(packet).value());
    };
    CHECK(carries("320000" + ipv4_addresses + esp));
    CHECK(carries("110000" + ipv4_addresses + "11941194 00150000" + esp));
    CHECK_FALSE(carries("110000" + ipv4_addresses + "11941194 00140000 00000000 0102030405060708"));
    CHECK_FALSE(carries("110000" + ipv4_addresses + "11941194 00090000 ff"));
    CHECK_FALSE(carries("110000" + ipv4_addresses + "01f401f4 00150000" + esp));
    CHECK_FALSE(carries("010000" + ipv4_addresses + esp));
}

TEST_CASE("a fragment is left as it is") {
    for (const char* flags : {"2000", "0001"}) {
        const auto packet = hex("45000029 1234" + std::string(flags) + "40110000" + ipv4_addresses +
                                "11941194 00150000" + esp);
        const IpPacket read = IpPacket::read(packet).value();
        CHECK(read.fragment);
        CHECK(carries_esp(read));
        CHECK_FALSE(reencapsulated(read, path(true), false));
    }
    const auto packet = hex("60000000 00152c40" + ipv6_addresses + "3200000100000007" + esp);
    const IpPacket read = IpPacket::read(packet).value();
    CHECK(read.fragment);
    CHECK(carries_esp(read));
    CHECK_FALSE(reencapsulated(read, path(false), true));
}

TEST_CASE("what is shorter than it says is no packet, and what follows it is not part of it") {
    for (const bool ipv4 : {true, false}) {
        ike::Bytes packet = bare(ipv4);
        for (std::size_t size = 0; size < packet.size(); ++size) {
            CHECK_FALSE(IpPacket::read(ike::ByteView(packet).first(size)));
        }
        packet.push_back(0xaa);
        CHECK(IpPacket::read(packet)->payload.size() == 13);
    }
    CHECK_FALSE(IpPacket::read(hex("44000021 12344000 40320000" + ipv4_addresses + esp)));
    CHECK_FALSE(IpPacket::read(hex("45000010 12344000 40320000" + ipv4_addresses + esp)));
    CHECK_FALSE(IpPacket::read(hex("70000000")));
}
