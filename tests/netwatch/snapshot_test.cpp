// SPDX-License-Identifier: Apache-2.0
#include "netwatch/snapshot.hpp"

#include "netwatch/fd.hpp"
#include "tests/netwatch/values.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>

using namespace netwatch;
using namespace netwatch::values;

TEST_CASE("snapshots are equal when what they show is, whatever their generation") {
    Snapshot later = laptop();
    later.generation = 77;
    CHECK(later == laptop());
    later.addresses[1].deprecated = true;
    CHECK_FALSE(later == laptop());
    later = laptop();
    find(later, wlan0).mtu = 1280;
    CHECK_FALSE(later == laptop());
    later = laptop();
    later.routes[0].metric = 601;
    CHECK_FALSE(later == laptop());
    later = laptop();
    later.managed = managed({{"wlan0", Connectivity::portal}});
    CHECK_FALSE(later == laptop());
}

TEST_CASE("a link is found by its index") {
    const Snapshot snapshot = laptop();
    REQUIRE(snapshot.find_link(wwan0) != nullptr);
    CHECK(snapshot.find_link(wwan0)->name == "wwan0");
    CHECK(snapshot.find_link(other) == nullptr);
}

TEST_CASE("a snapshot reads as one line for each link, address and route") {
    Snapshot snapshot = laptop();
    find(snapshot, wwan0).running = false;
    snapshot.addresses[1].temporary = true;
    CHECK(text(snapshot) ==
          "generation 1\n"
          "1: lo up running loopback mtu 1500\n"
          "2: wlan0 up running mtu 1500\n"
          "3: wwan0 up not-running mtu 1500\n"
          "1: 127.0.0.1/8 scope 0\n"
          "2: 10.1.0.2/24 scope 0 temporary\n"
          "3: 10.2.0.2/24 scope 0\n"
          "0.0.0.0/0 via 10.1.0.1 dev 2 metric 600 table 254 proto 0\n"
          "0.0.0.0/0 via 10.2.0.1 dev 3 metric 700 table 254 proto 0\n"
          "10.1.0.0/24 dev 2 metric 600 table 254 proto 0\n"
          "10.2.0.0/24 dev 3 metric 700 table 254 proto 0\n");
}

TEST_CASE("a descriptor has one owner, who closes it") {
    const auto is_open = [](int fd) { return ::fcntl(fd, F_GETFD) != -1; };
    const int number = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    REQUIRE(number >= 0);
    {
        Fd first(number);
        Fd second(std::move(first));
        CHECK(second.get() == number);
        CHECK(is_open(number));
        Fd third;
        third = std::move(second);
        CHECK(third.get() == number);
    }
    CHECK_FALSE(is_open(number));
}

TEST_CASE("a released descriptor stays open") {
    Fd owner(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    Fd heir(owner.release());
    CHECK_FALSE(static_cast<bool>(owner));
    CHECK(static_cast<bool>(heir));
}
