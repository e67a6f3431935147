// SPDX-License-Identifier: Apache-2.0
// The whole plane on the kernel's own ESP, its uplink in the test's hand.
#include "tests/agent/dataplane/xfrm/plane_laptop.hpp"

#include <array>
#include <set>
#include <string>
#include <vector>

using namespace agent;
using namespace agent::test;
using namespace std::chrono_literals;

TEST_CASE("a Child SA in the kernel carries packets both ways, in UDP and bare") {
    in_both_forms([](Laptop& laptop, bool udp) {
        const auto sent = laptop.send(3);
        REQUIRE(sent.size() == 3);
        CHECK(sent[0].encapsulation.has_value() == udp);
        CHECK(laptop.decrypted(sent[0]) == "to the gateway");
        laptop.receive(wifi, laptop.from_gateway("to the laptop"), udp);
        CHECK(laptop.machine().received() == std::vector<std::string>{"to the laptop"});
        const Traffic traffic = laptop.plane().traffic();
        CHECK(traffic.packets_out == 3);
        CHECK(traffic.packets_in == 1);
    });
}

TEST_CASE(
    "a hundred moves repeat no sequence number, whatever family and encapsulation they go to") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    const std::array<const char*, 3> locals{cell, ipv6, wifi};
    for (int moves = 0; moves < 100; ++moves) {
        CHECK(laptop.send(5).size() == 5);
        laptop.move(locals[static_cast<std::size_t>(moves) % 3], moves % 4 != 0);
    }
    const auto last = laptop.send(5);
    REQUIRE(last.size() == 5);
    CHECK(laptop.decrypted(last[0]) == "to the gateway");
    CHECK(laptop.plane().traffic().packets_out == 505);
}

TEST_CASE("packets leave from the new address at once, and are taken by both paths for a while") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    laptop.move(cell);
    const auto sent = laptop.send(1);
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].source == address(cell));
    laptop.receive(wifi, laptop.from_gateway("late, by the old path"));
    laptop.receive(cell, laptop.from_gateway("by the new path"));
    const auto received = laptop.received(2);
    CHECK(std::set<std::string>(received.begin(), received.end()) ==
          std::set<std::string>{"late, by the old path", "by the new path"});
    CHECK(laptop.states() == 2);  // one in, one out
    const auto old_path_forgotten = std::chrono::steady_clock::now() + 1200ms;
    CHECK(laptop.wait_for([&] { return std::chrono::steady_clock::now() > old_path_forgotten; }));
    laptop.receive(wifi, laptop.from_gateway("too late"));
    laptop.receive(cell, laptop.from_gateway("in time"));
    CHECK(laptop.received(1) == std::vector<std::string>{"in time"});
}

TEST_CASE("while held nothing leaves, in clear or protected; afterwards the numbers go on") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    CHECK(laptop.send(4).size() == 4);
    laptop.plane().hold();
    CHECK(laptop.send(4).empty());
    laptop.move(wifi);
    const auto sent = laptop.send(2);
    REQUIRE(sent.size() == 2);
    CHECK(Laptop::number(sent[0]) == 5);
}

TEST_CASE("a rekeyed SA is received by at once and sent by when it is switched to") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    auto fresh = laptop.child_sa(wifi);
    fresh.inbound.spi = {0x1a1b0002};
    fresh.outbound.spi = {0x2a2b0002};
    REQUIRE(laptop.plane().install(std::move(fresh), false).ok());
    auto sent = laptop.send(1);
    REQUIRE(sent.size() == 1);
    CHECK(ike::Reader(sent[0].esp).u32() == outbound_spi.value);
    laptop.plane().switch_to({0x1a1b0002});
    sent = laptop.send(1);
    REQUIRE(sent.size() == 1);
    CHECK(ike::Reader(sent[0].esp).u32() == 0x2a2b0002);
    laptop.plane().remove(inbound_spi);
    CHECK(laptop.wait_for([&] { return laptop.states() == 2; }));
    CHECK(laptop.plane().traffic().packets_out == 2);
}

TEST_CASE("the first SA of another session sends by its own path, not by that of the last one") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    CHECK(laptop.send(1).at(0).source == address(wifi));
    laptop.plane().remove(inbound_spi);
    CHECK(laptop.send(1).empty());
    laptop.plane().expect(Laptop::path(cell));
    auto fresh = laptop.child_sa(cell);
    fresh.inbound.spi = {0x1a1b0002};
    fresh.outbound.spi = {0x2a2b0002};
    REQUIRE(laptop.plane().install(std::move(fresh), true).ok());
    const auto sent = laptop.send(1);
    REQUIRE(sent.size() == 1);
    CHECK(ike::Reader(sent[0].esp).u32() == 0x2a2b0002);
    CHECK(sent[0].source == address(cell));
}

TEST_CASE("nothing of the plane is left behind it, and nothing of others is taken away") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    REQUIRE(
        run("ip xfrm state add src 192.0.2.1 dst 203.0.113.77 proto esp spi 0x99 mode tunnel "
            "reqid 1 aead 'rfc4106(gcm(aes))' 0x" +
            std::string(40, 'a') + " 128"));
    REQUIRE(
        run("ip xfrm policy add src 10.77.0.0/24 dst 10.78.0.0/24 dir out tmpl src 192.0.2.1 "
            "dst 203.0.113.77 proto esp reqid 1 mode tunnel"));
    const std::string before = output_of("ip xfrm policy; ip xfrm state | grep -A1 src; ip rule");
    laptop.connect(wifi);
    laptop.move(cell);
    laptop.end_plane();
    CHECK(output_of("ip xfrm policy; ip xfrm state | grep -A1 src; ip rule") == before);
    CHECK(output_of("ip -o link").find("roamd") == std::string::npos);
}

TEST_CASE("a moved SA is as old as it was, so that it ends in time if nobody rekeys it") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    const auto added = [&] {
        std::set<std::uint64_t> times;
        for (const auto& state : *laptop.machine().kernel().states()) {
            times.insert(state.usage.added);
        }
        return times;
    };
    const auto before = added();
    REQUIRE(before.size() == 1);
    const auto next_second = std::chrono::system_clock::now() + 1100ms;
    REQUIRE(laptop.wait_for([&] { return std::chrono::system_clock::now() > next_second; }));
    laptop.move(cell);
    CHECK(added() == before);
    CHECK(output_of("ip -s xfrm state").find("expire add: soft 0(sec), hard 10800(sec)") !=
          std::string::npos);
}
