// SPDX-License-Identifier: Apache-2.0
// The monitor when its sockets fail it, on the real kernel as in monitor_test.cpp.
#include "tests/netwatch/machine.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

using namespace netwatch;

namespace {

/// Puts something that is no socket in the place of every netlink socket of this process that
/// `chosen` takes, as if the kernel had taken it away; how many there were.
template <class Chosen>
int break_netlink_sockets(Chosen chosen) {
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    int broken = 0;
    for (int fd = 0; fd < 1024; ++fd) {
        int domain = 0;
        socklen_t size = sizeof domain;
        const bool netlink =
            ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_NETLINK;
        if (netlink && chosen(fd)) {
            broken += ::dup2(null.get(), fd) == fd ? 1 : 0;
        }
    }
    return broken;
}

bool waits(int fd) {  // unlike one that is subscribed
    return (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

}  // namespace

TEST_CASE(
    "a socket that fails is opened anew, and what came meanwhile is known: the one of events") {
    Machine machine;
    if (!machine) {
        return;
    }
    Monitor& monitor = machine.monitor();
    const int fd = monitor.fd();
    REQUIRE(break_netlink_sockets([](int each) { return !waits(each); }) == 1);
    REQUIRE(ip("link set wlan0 down"));
    CHECK(monitor.read().ok());
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(monitor.counters().reopened == 1);
    CHECK(monitor.fd() == fd);
    REQUIRE(ip("link set wlan0 up"));
    REQUIRE(ip("route add default via 10.1.0.1 dev wlan0 metric 600"));
    CHECK(machine.best_becomes("wlan0 10.1.0.2"));
    CHECK(machine.equals_fresh_dump());
    CHECK(monitor.counters().reopened == 1);
}

TEST_CASE(
    "a socket that fails is opened anew, and what came meanwhile is known: the one of dumps") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(break_netlink_sockets(waits) == 1);
    REQUIRE(ip("link set wlan0 down"));  // whose flushed routes only a dump shows
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(machine.best(gateway6) == "none");
    CHECK(machine.equals_fresh_dump());
    CHECK(machine.monitor().counters().reopened == 1);
}

TEST_CASE(
    "where no socket can be had the error is told, each time, and it goes on when there is one") {
    Machine machine;
    if (!machine) {
        return;
    }
    Monitor& monitor = machine.monitor();
    REQUIRE(break_netlink_sockets([](int) { return true; }) == 2);
    REQUIRE(ip("link set wlan0 down"));
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{.rlim_cur = 3, .rlim_max = before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    CHECK_FALSE(monitor.read().ok());
    CHECK_FALSE(monitor.read().ok());
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    (void)monitor.read();
    CHECK(monitor.read().ok());
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(machine.equals_fresh_dump());
}
