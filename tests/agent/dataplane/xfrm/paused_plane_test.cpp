// SPDX-License-Identifier: Apache-2.0
// The whole plane on the kernel's own ESP while packets wait for a better path.
#include "tests/agent/dataplane/xfrm/plane_laptop.hpp"

#include <string>
#include <vector>

using namespace agent;
using namespace agent::test;
using namespace std::chrono_literals;

TEST_CASE("packets wait for a better path in their order, and leave by it; none waits for ever") {
    in_both_forms([](Laptop& laptop, bool udp) {
        REQUIRE(laptop.send(1).size() == 1);
        laptop.have_packets_wait(cell, udp);
        CHECK(laptop.send(20).empty());
        const char* taken = cell;
        SUBCASE("it is taken") {
            laptop.move(cell, udp);
        }
        SUBCASE("it is not taken") {
            laptop.plane().resume();
            taken = wifi;
        }
        const auto waited = laptop.send(0);
        REQUIRE(waited.size() == 20);
        for (std::size_t index = 0; index < waited.size(); ++index) {
            CHECK(waited[index].source == address(cell));  // they bear their addresses already
            CHECK(laptop.decrypted(waited[index]) == "to the gateway");
            CHECK(
                (index == 0 || Laptop::number(waited[index]) > Laptop::number(waited[index - 1])));
        }
        const auto after = laptop.send(1);
        REQUIRE(after.size() == 1);
        CHECK(after[0].source == address(taken));
        CHECK(Laptop::number(after[0]) > Laptop::number(waited.back()));
    });
}

TEST_CASE("packets that waited leave in UDP or bare, as the gateway wants it in the end") {
    in_both_forms([](Laptop& laptop, bool udp) {
        laptop.have_packets_wait(cell, udp);
        CHECK(laptop.send(3).empty());
        laptop.move(cell, !udp);
        const auto waited = laptop.send(1);
        REQUIRE(waited.size() == 4);
        for (const OuterPacket& packet : waited) {
            CHECK(packet.source == address(cell));
            CHECK(packet.encapsulation.has_value() == !udp);
            CHECK(laptop.decrypted(packet) == "to the gateway");
        }
    });
}

TEST_CASE("two thousand packets wait, and none is lost") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    REQUIRE(run("ip link set wlan0 txqueuelen 5000"));
    laptop.connect(wifi);
    laptop.have_packets_wait(cell);
    CHECK(laptop.send(2000).empty());
    laptop.move(cell);
    CHECK(laptop.send(0).size() == 2000);
}

TEST_CASE("what comes by the old path is taken while packets wait for long") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    laptop.have_packets_wait(cell);
    const auto longer_than_old_paths_are_kept = std::chrono::steady_clock::now() + 1500ms;
    CHECK(laptop.wait_for(
        [&] { return std::chrono::steady_clock::now() > longer_than_old_paths_are_kept; }));
    laptop.receive(wifi, laptop.from_gateway("by the old path"));
    CHECK(laptop.machine().received() == std::vector<std::string>{"by the old path"});
}

TEST_CASE("a tunnel that holds while packets wait for a path sends none of them in clear") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    laptop.have_packets_wait(cell);
    CHECK(laptop.send(5).empty());
    laptop.plane().hold();
    const auto waited = laptop.send(5);
    CHECK(waited.size() == 5);  // those that waited; the others have no way
    for (const OuterPacket& packet : waited) {
        CHECK(laptop.decrypted(packet) == "to the gateway");
    }
    laptop.move(wifi);
    const auto after = laptop.send(1);
    REQUIRE(after.size() == 1);
    CHECK(after[0].source == address(wifi));
}

TEST_CASE("who waits twice in a row waits for the second path, too") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    for (const char* to : {cell, wifi, cell}) {
        laptop.have_packets_wait(to);
        CHECK(laptop.send(2).empty());
        laptop.move(to);
        const auto waited = laptop.send(0);
        REQUIRE(waited.size() == 2);
        CHECK(waited[0].source == address(to));
    }
}

TEST_CASE("who waits for a path that nobody speaks of any more goes on by the present one") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    laptop.have_packets_wait(cell, true, 50ms);
    CHECK(laptop.send(5).empty());
    CHECK(laptop.wait_for([&] {
        const auto sent = laptop.send(1);
        return !sent.empty() && sent.back().source == address(wifi);
    }));
}
