// SPDX-License-Identifier: Apache-2.0
// The whole plane on the kernel's own ESP when somebody removes its states or policies.
#include "tests/agent/dataplane/xfrm/plane_laptop.hpp"

#include <string>
#include <vector>

using namespace agent;
using namespace agent::test;
using namespace std::chrono_literals;

TEST_CASE("packets that nothing answers are told of, those that are answered are not") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    const auto send_for = [&](std::chrono::milliseconds duration, bool answered) {
        const auto until = std::chrono::steady_clock::now() + duration;
        laptop.wait_for([&] {
            laptop.send(1);
            if (answered) {
                laptop.receive(wifi, laptop.from_gateway("answer"));
            }
            return laptop.silences > 0 || std::chrono::steady_clock::now() > until;
        });
    };
    send_for(600ms, true);
    CHECK(laptop.silences == 0);
    send_for(2s, false);
    CHECK(laptop.silences == 1);
}

TEST_CASE("an SA that the kernel has lost is rekeyed, not sent by from number one again") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    REQUIRE(run("ip xfrm state flush"));
    CHECK(laptop.send(2).empty());
    laptop.plane().expect(Laptop::path(cell));
    CHECK_FALSE(laptop.plane().move(Laptop::path(cell), true).ok());
    CHECK(laptop.wait_for([&] { return !laptop.rekeys.empty(); }));
    CHECK(laptop.rekeys.front() == inbound_spi);
    CHECK(laptop.send(2).empty());
}

TEST_CASE(
    "an SA that somebody removes from the kernel is rekeyed when there is something to send") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    CHECK(laptop.send(2).size() == 2);
    REQUIRE(run("ip xfrm state flush"));
    CHECK(laptop.send(1).empty());
    CHECK(laptop.wait_for([&] { return !laptop.rekeys.empty(); }));
    CHECK(laptop.rekeys == std::vector{inbound_spi});
    laptop.plane().expect(Laptop::path(cell));
    CHECK_FALSE(laptop.plane().move(Laptop::path(cell), true).ok());  // its numbers are not known
    CHECK(laptop.send(1).empty());
}

TEST_CASE("an SA that somebody removes from the kernel is rekeyed though nothing is to be sent") {
    for (const char* disturbance : {"ip xfrm state flush", "ip xfrm state deleteall dst 192.0.2.1",
                                    "ip xfrm state deleteall src 192.0.2.1"}) {
        CAPTURE(std::string(disturbance));
        Laptop laptop;
        if (!laptop) {
            return;
        }
        laptop.connect(wifi);
        laptop.turn();
        REQUIRE(run(disturbance));
        CHECK(laptop.wait_for([&] { return !laptop.rekeys.empty(); }));
        CHECK(laptop.rekeys == std::vector{inbound_spi});
    }
}

TEST_CASE("policies that somebody removes are put back, and packets go through the SA as before") {
    for (const char* disturbance : {"ip xfrm policy flush", "ip xfrm policy deleteall dir out",
                                    "ip xfrm policy deleteall dir in"}) {
        CAPTURE(std::string(disturbance));
        Laptop laptop;
        if (!laptop) {
            return;
        }
        laptop.connect(wifi);
        laptop.move(cell);
        const std::string before = output_of("ip xfrm policy | sort");
        REQUIRE(run(disturbance));
        CHECK(laptop.wait_for([&] { return output_of("ip xfrm policy | sort") == before; }));
        CHECK(laptop.send(2).size() == 2);
        laptop.receive(cell, laptop.from_gateway("as before"));
        CHECK(laptop.received(1) == std::vector<std::string>{"as before"});
        CHECK(laptop.rekeys.empty());
    }
}

TEST_CASE("policies that are put back while held throw away what they select") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    laptop.plane().hold();
    REQUIRE(run("ip xfrm policy flush"));
    CHECK(laptop.wait_for(
        [] { return output_of("ip xfrm policy").find("action block") != std::string::npos; }));
    CHECK(laptop.send(2).empty());
    laptop.move(cell);
    CHECK(laptop.send(2).size() == 2);
}

TEST_CASE("an SA that the kernel lost while held sends nothing more: its numbers are not known") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    CHECK(laptop.send(3).size() == 3);
    REQUIRE(run("ip xfrm state flush"));
    laptop.plane().hold();
    for (const char* local : {wifi, cell, wifi}) {
        laptop.plane().expect(Laptop::path(local));
        CHECK_FALSE(laptop.plane().move(Laptop::path(local), true).ok());
        CHECK(laptop.send(2).empty());
    }
    CHECK(laptop.wait_for([&] { return !laptop.rekeys.empty(); }));
}
