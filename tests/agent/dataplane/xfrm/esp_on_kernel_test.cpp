// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/outbound_state.hpp"
#include "agent/dataplane/xfrm/replay_window.hpp"
#include "agent/dataplane/xfrm/states.hpp"
#include "tests/agent/dataplane/xfrm/esp_keys.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace agent::xfrm;
using namespace agent::test;
using ike::crypto::CipherSuite;
using ike::crypto::EncryptionId;
using ike::crypto::IntegrityId;

TEST_CASE("the kernel's ESP and our own understand each other with every algorithm") {
    EspMachine machine;
    if (!machine) {
        return;
    }
    machine.add_policies();
    const std::array suites{
        CipherSuite{EncryptionId::aes_gcm_16, 128, IntegrityId::none},
        gcm,
        CipherSuite{EncryptionId::chacha20_poly1305, 256, IntegrityId::none},
        CipherSuite{EncryptionId::aes_cbc, 128, IntegrityId::hmac_sha2_256_128},
        CipherSuite{EncryptionId::aes_cbc, 256, IntegrityId::hmac_sha2_384_192},
        CipherSuite{EncryptionId::aes_cbc, 256, IntegrityId::hmac_sha2_512_256}};
    for (const CipherSuite& suite : suites) {
        for (const bool esn : {false, true}) {
            CAPTURE(name(suite));
            CAPTURE(esn);
            Keys keys(suite);
            machine.request(new_state(inbound(keys, "192.0.2.1", esn)));
            machine.request(new_state(outbound(keys, esn)));

            CHECK(machine.send("to the gateway"));
            const auto sent = machine.sent();
            REQUIRE(sent.size() == 1);
            auto opening = keys.inbound_sa({esn, 0});
            CHECK(open(opening, sent.front().esp) == "to the gateway");

            auto sealing = keys.outbound_sa({esn, 0});
            machine.receive(address("192.0.2.1"), seal(sealing, "from the gateway"));
            CHECK(machine.received() == std::vector<std::string>{"from the gateway"});
            machine.request(delete_state(inbound(keys).key));
            machine.request(delete_state(outbound(keys).key));
        }
    }
}

TEST_CASE("a state of IPv6 is there beside one of IPv4") {
    EspMachine machine;
    if (!machine) {
        return;
    }
    const Keys keys(gcm);
    const State ipv6 = keys.state({address("2001:db8:9::9"), outbound_spi}, "2001:db8::1", true);
    machine.request(new_state(ipv6));
    machine.request(new_state(outbound(keys)));
    CHECK(machine.kernel().states()->size() == 2);

    machine.add_policies(ike::Family::ipv6);
    CHECK(machine.send("in IPv6"));
    const auto sent = machine.sent();
    REQUIRE(sent.size() == 1);
    CHECK(sent.front().destination == address("2001:db8:9::9"));
    auto opening = keys.inbound_sa({true, 0});
    CHECK(open(opening, sent.front().esp) == "in IPv6");
}

TEST_CASE("a number beyond 32 bits is sent on with extended sequence numbers") {
    EspMachine machine;
    if (!machine) {
        return;
    }
    machine.add_policies();
    const Keys keys(gcm);
    State state = outbound(keys);
    state.replay.sent = 0xfffffffe;
    machine.request(new_state(state));
    for (int packet = 0; packet < 3; ++packet) {
        CHECK(machine.send("across"));
    }
    auto opening = keys.inbound_sa({true, 0xfffffffe});
    for (const OuterPacket& packet : machine.sent()) {
        CHECK(open(opening, packet.esp) == "across");
    }
    CHECK(opening.highest_sequence() == 0x1'0000'0001);
    CHECK(machine.state(state.key).replay.sent == 0x1'0000'0001);
}

TEST_CASE("a hard limit of packets stops a state exactly there, a soft one tells before") {
    HeardMachine machine;
    if (!machine) {
        return;
    }
    const Keys keys(gcm);
    State state = outbound(keys);
    state.limits = {.soft_packets = 3, .hard_packets = 5};
    machine.request(new_state(state));

    for (int packet = 0; packet < 8; ++packet) {
        machine.send();
    }
    CHECK(machine.sent().size() == 5);
    const auto is_hard = [](const Event& event) {
        const auto* expire = std::get_if<Expire>(&event);
        return expire != nullptr && expire->hard;
    };
    CHECK(only<Expire>(events_until(machine.events(), is_hard)) ==
          std::vector{Expire{state.key, false, 3}, Expire{state.key, true, 5}});
    CHECK_FALSE(machine.kernel().state(state.key).ok());
}

TEST_CASE("a soft limit that only a fence has lifted the count over is told with that count") {
    HeardMachine machine;
    if (!machine) {
        return;
    }
    const Keys keys(gcm);
    State state = outbound(keys);
    state.limits = {.soft_packets = 1000, .hard_packets = packet_limit};
    machine.request(new_state(state));
    Usage usage = machine.state(state.key).usage;
    usage.packets = packet_limit - OutboundState::fence_room;
    machine.request(set_usage(state.key, usage));
    machine.send();
    const auto is_expire = [](const Event& event) { return std::holds_alternative<Expire>(event); };
    const auto expired = only<Expire>(events_until(machine.events(), is_expire));
    REQUIRE(expired.size() == 1);
    CHECK_FALSE(expired.front().hard);
    CHECK(OutboundState::is_fenced(expired.front().packets));
}

TEST_CASE("counters that are set count on, up to the hard limit") {
    EspMachine machine;
    if (!machine) {
        return;
    }
    machine.add_policies();
    const Keys keys(gcm);
    State state = outbound(keys);
    state.limits.hard_packets = 1000;
    machine.request(new_state(state));
    Usage usage = machine.state(state.key).usage;
    CHECK(usage.packets == 0);
    CHECK(usage.added > 1'600'000'000);

    usage.packets = 998;
    machine.request(set_usage(state.key, usage));
    CHECK(machine.state(state.key).usage == usage);
    for (int packet = 0; packet < 5; ++packet) {
        machine.send();
    }
    CHECK(machine.sent().size() == 2);
}

TEST_CASE("a packet that was changed on its way is counted and thrown away") {
    EspMachine machine;
    if (!machine) {
        return;
    }
    machine.add_policies();
    Keys keys(gcm);
    machine.request(new_state(inbound(keys)));
    auto sealing = keys.outbound_sa({true, 0});
    ike::Bytes packet = seal(sealing, "changed");
    packet.back() ^= 1U;
    machine.receive(address("192.0.2.1"), packet);
    CHECK(machine.received().empty());
    CHECK(machine.state(inbound(keys).key).unauthentic == 1);
}

TEST_CASE("two inbound states may have one SPI and two local addresses") {
    EspMachine machine;
    if (!machine) {
        return;
    }
    machine.add_policies();
    Keys keys(gcm);
    machine.request(new_state(inbound(keys, "192.0.2.1")));
    machine.request(new_state(inbound(keys, "198.51.100.1")));
    auto sealing = keys.outbound_sa({true, 0});
    machine.receive(address("192.0.2.1"), seal(sealing, "by the old path"));
    machine.receive(address("198.51.100.1"), seal(sealing, "by the new path"));
    CHECK(machine.received() == std::vector<std::string>{"by the old path", "by the new path"});
    CHECK(machine.state(inbound(keys, "192.0.2.1").key).replay.received == 1);
    CHECK(machine.state(inbound(keys, "198.51.100.1").key).replay.received == 2);
}

TEST_CASE("a closed state takes nothing, with extended sequence numbers and without") {
    for (const bool esn : {true, false}) {
        CAPTURE(esn);
        EspMachine machine;
        if (!machine) {
            return;
        }
        machine.add_policies();
        Keys keys(gcm);
        State state = inbound(keys);
        state.esn = esn;
        state.replay.bitmap.assign(replay_window / 32, 0);
        machine.request(new_state(state));
        auto sealing = keys.outbound_sa({esn, 0});
        machine.receive(address("192.0.2.1"), seal(sealing, "first"));
        CHECK(machine.received().size() == 1);
        machine.request(set_replay(state.key, closed_window(replay_window)));
        for (int packets = 0; packets < 3; ++packets) {
            machine.receive(address("192.0.2.1"), seal(sealing, "refused"));
        }
        CHECK(machine.received().empty());
        CHECK(machine.state(state.key).usage.packets == 1);
    }
}

TEST_CASE(
    "a state is read, closed and removed in one call, with its window and its last counters") {
    EspMachine machine;
    if (!machine) {
        return;
    }
    machine.add_policies();
    Keys keys(gcm);
    const State state = inbound(keys);
    machine.request(new_state(state));
    auto sealing = keys.outbound_sa({true, 0});
    machine.receive(address("192.0.2.1"), seal(sealing, "first"));
    CHECK(machine.received().size() == 1);
    const auto close = [&] {
        return set_replay(state.key, closed_window(state.replay.bitmap.size() * 32));
    };
    const auto removed = machine.kernel().remove_state_after(state.key, close());
    REQUIRE_MESSAGE(removed.ok(), (removed ? "" : removed.error().text()));
    CHECK(removed->before.replay.received == 1);
    CHECK(removed->before.usage.packets == 1);
    CHECK(removed->last.replay == closed_window(state.replay.bitmap.size() * 32));
    CHECK(removed->last.usage.packets == 1);
    CHECK_FALSE(machine.kernel().remove_state_after(state.key, close()).ok());
}

TEST_CASE("a state that takes over another's window takes no packet twice") {
    EspMachine machine;
    if (!machine) {
        return;
    }
    machine.add_policies();
    Keys keys(gcm);
    machine.request(new_state(inbound(keys)));
    auto sealing = keys.outbound_sa({true, 0});
    const ike::Bytes first = seal(sealing, "first");
    const ike::Bytes late = seal(sealing, "late");
    const ike::Bytes third = seal(sealing, "third");
    machine.receive(address("192.0.2.1"), first);
    machine.receive(address("192.0.2.1"), third);
    CHECK(machine.received() == std::vector<std::string>{"first", "third"});

    State moved = inbound(keys, "198.51.100.1");
    moved.replay = machine.state(inbound(keys).key).replay;
    SUBCASE("given when it is added") {
        machine.request(new_state(moved));
    }
    SUBCASE("given afterwards") {
        machine.request(new_state(inbound(keys, "198.51.100.1")));
        machine.request(set_replay(moved.key, moved.replay));
    }
    for (const ike::Bytes& packet : {first, late, third}) {
        machine.receive(address("198.51.100.1"), packet);
    }
    CHECK(machine.received() == std::vector<std::string>{"late"});
    CHECK(machine.state(moved.key).replayed == 2);
}
