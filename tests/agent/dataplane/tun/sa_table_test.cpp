// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/tun/sa_table.hpp"

#include "tests/agent/child_sa_pair.hpp"
#include "tests/ike/esp/inner_packets.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace agent;
using namespace agent::test;
using namespace std::chrono_literals;
using ike::Bytes;
using ike::Path;
using ike::esp::test::ip;
using ike::esp::test::ipv4_packet;
using ike::esp::test::ipv6_packet;
using ike::esp::test::udp_head;

namespace {

const Path wlan{{3}, {ip("10.1.0.2"), 4500}, {ip("192.0.2.1"), 4500}};
const Path wwan{{4}, {ip("10.2.0.2"), 4500}, {ip("192.0.2.1"), 4500}};

const Bytes to_office =
    ipv4_packet({.source = "10.99.0.7", .destination = "10.20.0.1"}, udp_head(1000, 2000));
const Bytes to_laptop =
    ipv4_packet({.source = "10.20.0.1", .destination = "10.99.0.7"}, udp_head(2000, 1000));

/// Both ends' tables, and packets between them.
struct Tables {
    Tables() {
        REQUIRE(laptop.install(laptops_child_sa(1, wlan), true).ok());
        REQUIRE(gateway.install(gateways_child_sa(1, wlan), true).ok());
    }

    /// The ESP packet; empty if the packet is dropped.
    static Bytes send(SaTable& table, const Bytes& inner) {
        Bytes buffer(SaTable::headroom);
        buffer.insert(buffer.end(), inner.begin(), inner.end());
        buffer.resize(buffer.size() + SaTable::tailroom);
        const auto packet = table.outbound(buffer, inner.size());
        return packet ? Bytes(packet->bytes.begin(), packet->bytes.end()) : Bytes{};
    }
    static Bytes receive(SaTable& table, Bytes packet, const Path& path = wlan,
                         std::uint8_t traffic_class = 0) {
        const auto inner = table.inbound(packet, {path, traffic_class, 77ns});
        return inner ? Bytes(inner->begin(), inner->end()) : Bytes{};
    }

    ike::crypto::OpensslRandom random;
    SaTable laptop{random};
    SaTable gateway{random};
};

/// The paths that first packets were told of; each of them came at the time that receive() gives.
std::vector<Path> first_inbound_paths(SaTable& table) {
    std::vector<Path> paths;
    for (const PlaneEvent& event : table.take_events()) {
        const auto* first = std::get_if<FirstInbound>(&event);
        if (first != nullptr && first->when == 77ns) {
            paths.push_back(first->path);
        }
    }
    return paths;
}

}  // namespace

TEST_CASE("packets of both families go through, each with its outer header [RFC4301-5.1.2]") {
    Tables tables;
    CHECK(Tables::receive(tables.gateway, Tables::send(tables.laptop, to_office)) == to_office);
    CHECK(Tables::receive(tables.laptop, Tables::send(tables.gateway, to_laptop)) == to_laptop);
    const Bytes ipv6 = ipv6_packet({.source = "fd99::7", .destination = "fd20::1"}, udp_head(1, 2));
    CHECK(Tables::receive(tables.gateway, Tables::send(tables.laptop, ipv6)) == ipv6);
    CHECK(tables.laptop.traffic().packets_out == 2);
    CHECK(tables.laptop.traffic().bytes_out == to_office.size() + ipv6.size());
    CHECK(tables.gateway.traffic().packets_in == 2);

    Bytes buffer(SaTable::headroom);
    const Bytes marked =
        ipv4_packet({.source = "10.99.0.7", .tos = 0xba, .flags_and_offset = 0}, udp_head(1, 2));
    buffer.insert(buffer.end(), marked.begin(), marked.end());
    buffer.resize(buffer.size() + SaTable::tailroom);
    const auto packet = tables.laptop.outbound(buffer, marked.size());
    REQUIRE(packet);
    CHECK(packet->traffic_class == 0xba);
    CHECK_FALSE(packet->dont_fragment);
}

TEST_CASE("each packet goes by the Child SA whose selectors select it [RFC4301-5.1]") {
    ike::crypto::OpensslRandom random;
    SaTable laptop(random);
    const auto child_sa = [](std::uint8_t number, std::size_t policy, const char* network) {
        ike::session::ChildSa sa = laptops_child_sa(number, wlan);
        sa.policy = policy;
        sa.remote_selectors = {ike::wire::TrafficSelector::from(*ike::Prefix::parse(network))};
        return sa;
    };
    const auto spi_of_packet_to = [&](const char* host) {
        const Bytes packet = Tables::send(
            laptop, ipv4_packet({.source = "10.99.0.7", .destination = host}, udp_head(1, 2)));
        return packet.empty() ? 0 : ike::Reader(packet).u32() & 0xffU;
    };
    REQUIRE(laptop.install(child_sa(1, 0, "10.20.0.0/16"), true).ok());
    CHECK(spi_of_packet_to("10.30.0.1") == 0);
    REQUIRE(laptop.install(child_sa(2, 1, "10.30.0.0/16"), true).ok());
    CHECK(spi_of_packet_to("10.20.0.1") == 1);
    CHECK(spi_of_packet_to("10.30.0.1") == 2);
    CHECK(laptop.traffic().outside_selectors == 1);
    // A rekey of one changes nothing for the other.
    const auto fresh = child_sa(3, 1, "10.30.0.0/16");
    const ike::ChildSpi inbound = fresh.inbound.spi;
    REQUIRE(laptop.install(fresh, false).ok());
    CHECK(spi_of_packet_to("10.30.0.1") == 2);
    laptop.switch_to(inbound);
    CHECK(spi_of_packet_to("10.20.0.1") == 1);
    CHECK(spi_of_packet_to("10.30.0.1") == 3);
}

TEST_CASE("every suite fits the head and tail room of a buffer") {
    using namespace ike::crypto;
    for (const CipherSuite suite :
         {CipherSuite{EncryptionId::aes_gcm_16, 128, IntegrityId::none},
          CipherSuite{EncryptionId::chacha20_poly1305, 256, IntegrityId::none},
          CipherSuite{EncryptionId::aes_cbc, 128, IntegrityId::hmac_sha2_256_128},
          CipherSuite{EncryptionId::aes_cbc, 256, IntegrityId::hmac_sha2_512_256}}) {
        CHECK(ike::esp::head_size(suite) <= SaTable::headroom);
        CHECK(ike::esp::max_tail_size(suite) <= SaTable::tailroom);
        OpensslRandom random;
        SaTable laptop(random);
        SaTable gateway(random);
        REQUIRE(laptop.install(laptops_child_sa(1, wlan, suite), true).ok());
        REQUIRE(gateway.install(gateways_child_sa(1, wlan, suite), true).ok());
        CHECK(Tables::receive(gateway, Tables::send(laptop, to_office)) == to_office);
    }
}

TEST_CASE("what the selectors do not select goes neither out nor in [RFC4301-5.2]") {
    Tables tables;
    const Bytes elsewhere =
        ipv4_packet({.source = "10.99.0.7", .destination = "10.21.0.1"}, udp_head(1, 2));
    CHECK(Tables::send(tables.laptop, elsewhere).empty());
    CHECK(tables.laptop.traffic().outside_selectors == 1);

    // A gateway with wider selectors than ours sends what ours forbid.
    SaTable careless(tables.random);
    auto sa = gateways_child_sa(1, wlan);
    sa.local_selectors = {ike::wire::TrafficSelector::from(*ike::Prefix::parse("0.0.0.0/0"))};
    REQUIRE(careless.install(sa, true).ok());
    const Bytes spoofed =
        ipv4_packet({.source = "10.21.0.1", .destination = "10.99.0.7"}, udp_head(1, 2));
    CHECK(Tables::receive(tables.laptop, Tables::send(careless, spoofed)).empty());
    CHECK(tables.laptop.traffic().outside_selectors == 2);
    CHECK(tables.laptop.traffic().packets_in == 0);
}

TEST_CASE("replays, forgeries, strangers and scraps are dropped and counted apart") {
    Tables tables;
    const Bytes packet = Tables::send(tables.laptop, to_office);
    CHECK_FALSE(Tables::receive(tables.gateway, packet).empty());
    CHECK(Tables::receive(tables.gateway, packet).empty());
    Bytes forged = Tables::send(tables.laptop, to_office);
    forged.back() ^= 1U;
    CHECK(Tables::receive(tables.gateway, forged).empty());
    Bytes stranger = packet;
    stranger[0] ^= 1U;
    CHECK(Tables::receive(tables.gateway, stranger).empty());
    CHECK(Tables::receive(tables.gateway, {1, 2}).empty());
    const Traffic traffic = tables.gateway.traffic();
    CHECK(traffic.replayed == 1);
    CHECK(traffic.unauthentic == 1);
    CHECK(traffic.unknown_spi == 1);
    CHECK(traffic.malformed == 1);
    CHECK(traffic.packets_in == 1);
}

TEST_CASE("what came before its SA was installed is handed over then, in its order [RFC7296-2.8]") {
    Tables tables;
    ike::session::ChildSa fresh = laptops_child_sa(2, wlan);
    fresh.inbound.spi = tables.laptop.allocate_spi();
    ike::session::ChildSa there = gateways_child_sa(2, wlan);
    there.outbound.spi = fresh.inbound.spi;
    REQUIRE(tables.gateway.install(there, true).ok());
    const std::vector<Bytes> sent{Tables::send(tables.gateway, to_laptop),
                                  Tables::send(tables.gateway, to_laptop)};
    CHECK(Tables::receive(tables.laptop, sent[0], wlan, 2).empty());
    CHECK(Tables::receive(tables.laptop, sent[1], wwan).empty());
    CHECK(tables.laptop.take_early().empty());
    CHECK(tables.laptop.traffic().unknown_spi == 0);
    REQUIRE(tables.laptop.install(fresh, false).ok());
    const auto early = tables.laptop.take_early();
    REQUIRE(early.size() == 2);
    CHECK(early[0].esp == sent[0]);
    CHECK(early[0].path == wlan);
    CHECK(early[0].traffic_class == 2);
    CHECK(early[1].esp == sent[1]);
    CHECK(early[1].path == wwan);
    CHECK(Tables::receive(tables.laptop, early[0].esp) == to_laptop);
    CHECK(tables.laptop.take_early().empty());
}

TEST_CASE(
    "what floods an SPI that is not installed yet is counted when there is no more room for it") {
    Tables tables;
    const ike::ChildSpi spi = tables.laptop.allocate_spi();
    const Bytes packet = ike::Writer().u32(spi.value).zeros(60'000).release();
    for (int packets = 0; packets < 100; ++packets) {
        CHECK(Tables::receive(tables.laptop, packet).empty());
    }
    CHECK(tables.laptop.traffic().unknown_spi ==
          100 - (4 << 20) / (packet.size() + sizeof(EarlyEsp)));
}

TEST_CASE(
    "a congestion mark comes in; one that nobody inside understands is a loss [RFC6040-4.2]") {
    Tables tables;
    const Bytes capable =
        ipv4_packet({.source = "10.20.0.1", .destination = "10.99.0.7", .tos = 2}, udp_head(1, 2));
    const Bytes received =
        Tables::receive(tables.laptop, Tables::send(tables.gateway, capable), wlan, 3);
    REQUIRE(received.size() == capable.size());
    CHECK((received[1] & 3U) == 3);
    CHECK(Tables::receive(tables.laptop, Tables::send(tables.gateway, to_laptop), wlan, 3).empty());
}

TEST_CASE("the first packet on a path is told once, and once again after a move to it") {
    Tables tables;
    const auto receive_by = [&](const Path& path) {
        (void)Tables::receive(tables.laptop, Tables::send(tables.gateway, to_laptop), path);
        return first_inbound_paths(tables.laptop);
    };
    CHECK(receive_by(wlan) == std::vector{wlan});
    CHECK(receive_by(wlan).empty());
    CHECK(receive_by(wwan) == std::vector{wwan});
    CHECK(receive_by(wlan).empty());
    tables.laptop.move(wwan);
    CHECK(receive_by(wlan).empty());
    CHECK(receive_by(wwan) == std::vector{wwan});
    CHECK(receive_by(wwan).empty());
}

TEST_CASE("a forged packet tells of no path") {
    Tables tables;
    Bytes forged = Tables::send(tables.gateway, to_laptop);
    forged.back() ^= 1U;
    (void)Tables::receive(tables.laptop, forged, wwan);
    CHECK(first_inbound_paths(tables.laptop).empty());
}

TEST_CASE("a move changes the path and nothing else: sequence numbers go on") {
    Tables tables;
    std::set<Bytes> heads;
    for (const Path& path : {wlan, wwan, wlan, wwan}) {
        tables.laptop.move(path);
        CHECK(tables.laptop.path() == path);
        for (int count = 0; count < 10; ++count) {
            const Bytes packet = Tables::send(tables.laptop, to_office);
            CHECK(heads.insert(Bytes(packet.begin(), packet.begin() + 16)).second);
            CHECK_FALSE(Tables::receive(tables.gateway, packet).empty());
        }
    }
}

TEST_CASE("without a path nothing goes out, what comes in is still taken") {
    Tables tables;
    tables.laptop.move(Path{});
    CHECK(Tables::send(tables.laptop, to_office).empty());
    CHECK(tables.laptop.traffic().queue_dropped == 1);
    CHECK_FALSE(Tables::receive(tables.laptop, Tables::send(tables.gateway, to_laptop)).empty());
    tables.laptop.move(wwan);
    CHECK_FALSE(Tables::send(tables.laptop, to_office).empty());
}

TEST_CASE("after a rekey both SAs receive; data goes out by the old one until switch_to") {
    Tables tables;
    REQUIRE(tables.laptop.install(laptops_child_sa(2, wlan), false).ok());
    REQUIRE(tables.gateway.install(gateways_child_sa(2, wlan), false).ok());
    const auto sent_by = [&] {
        return ike::esp::spi_of(Tables::send(tables.laptop, to_office))->value & 0xffU;
    };
    CHECK(sent_by() == 1);
    const Bytes by_old = Tables::send(tables.gateway, to_laptop);
    tables.gateway.switch_to(gateways_child_sa(2, wlan).inbound.spi);
    const Bytes by_new = Tables::send(tables.gateway, to_laptop);
    CHECK_FALSE(Tables::receive(tables.laptop, by_new).empty());
    CHECK_FALSE(Tables::receive(tables.laptop, by_old).empty());
    tables.laptop.switch_to(laptops_child_sa(2, wlan).inbound.spi);
    CHECK(sent_by() == 2);
}

TEST_CASE("a removed SA sends nothing and receives what was in flight, five seconds long") {
    Tables tables;
    const Bytes first = Tables::send(tables.gateway, to_laptop);
    const Bytes late = Tables::send(tables.gateway, to_laptop);
    CHECK_FALSE(tables.laptop.expire(0s));
    tables.laptop.remove(laptops_child_sa(1, wlan).inbound.spi, 100s);
    CHECK(Tables::send(tables.laptop, to_office).empty());
    CHECK(tables.laptop.expire(104s) == SaTable::Time(105s));
    CHECK_FALSE(Tables::receive(tables.laptop, first).empty());
    CHECK_FALSE(tables.laptop.expire(105s));
    CHECK(Tables::receive(tables.laptop, late).empty());
    CHECK(tables.laptop.traffic().unknown_spi == 1);
}

TEST_CASE("SPIs are never reserved, never those in use and never given twice [RFC4303-2.1]") {
    /// Gives 0 first, then the SPI in use, then each number twice.
    class Numbers final : public ike::crypto::Random {
      public:
        void fill(std::span<std::uint8_t> out) override {
            const std::uint32_t number = next_ == 0 ? 0 : 0x1a0000U + (next_ + 1) / 2;
            ++next_;
            for (std::size_t index = 0; index < out.size(); ++index) {
                out[index] = static_cast<std::uint8_t>(number >> (8 * (3 - index % 4)));
            }
        }

      private:
        std::uint32_t next_ = 0;
    } random;
    SaTable table(random);
    REQUIRE(table.install(laptops_child_sa(1, wlan), true).ok());
    std::set<std::uint32_t> spis;
    for (int count = 0; count < 100; ++count) {
        const std::uint32_t spi = table.allocate_spi().value;
        CHECK(spi > 255);
        CHECK(spi != laptops_child_sa(1, wlan).inbound.spi.value);
        CHECK(spis.insert(spi).second);
    }
}

TEST_CASE("ESP outside UDP is refused") {
    ike::crypto::OpensslRandom random;
    SaTable table(random);
    auto sa = laptops_child_sa(1, wlan);
    sa.udp_encapsulated = false;
    CHECK_FALSE(table.install(sa, true).ok());
}
