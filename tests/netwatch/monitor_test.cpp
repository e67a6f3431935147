// SPDX-License-Identifier: Apache-2.0
// The monitor on the real kernel: every case in a network namespace of its own, whose links are
// veth pairs with both ends inside.
#include "netwatch/monitor.hpp"

#include "netwatch/policy.hpp"
#include "tests/netwatch/namespace.hpp"

#include <doctest/doctest.h>

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>

using namespace netwatch;

namespace {

const ike::IpAddress gateway = ike::IpAddress::parse("192.0.2.1").value();
const ike::IpAddress gateway6 = ike::IpAddress::parse("2001:db8:9::1").value();

/// wlan0 with 10.1.0.2 and 2001:db8:1::2, wwan0 with 10.2.0.2, default routes over both, and a
/// monitor that has seen all that.
class Machine {
  public:
    explicit Machine(const MonitorOptions& options = {}) : options_(options) {
        if (!inside_) {
            return;
        }
        REQUIRE(ip("link set lo up"));
        REQUIRE(ip("link add wlan0 type veth peer name ap0"));
        REQUIRE(ip("link add wwan0 type veth peer name cell0"));
        for (const char* device : {"ap0", "cell0", "wlan0", "wwan0"}) {
            REQUIRE(ip("link set " + std::string(device) + " up"));
        }
        REQUIRE(ip("addr add 10.1.0.2/24 dev wlan0"));
        REQUIRE(ip("addr add 10.2.0.2/24 dev wwan0"));
        REQUIRE(ip("addr add 2001:db8:1::2/64 dev wlan0 nodad"));
        REQUIRE(ip("route add default via 10.1.0.1 dev wlan0 metric 600"));
        REQUIRE(ip("route add default via 10.2.0.1 dev wwan0 metric 700"));
        REQUIRE(ip("route add default via 2001:db8:1::1 dev wlan0 metric 600"));
        open();
    }

    /// False, with a message, where namespaces are not allowed.
    explicit operator bool() const {
        if (!inside_) {
            MESSAGE("skipped: needs root for a network namespace of its own");
        }
        return static_cast<bool>(inside_);
    }

    Monitor& monitor() { return *monitor_; }
    ike::NullLog& log() { return log_; }

    /// Waits for events until `wanted` holds; false after a time no kernel needs.
    bool wait_until(const std::function<bool()>& wanted) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!wanted()) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                deadline - std::chrono::steady_clock::now());
            pollfd waiting{.fd = monitor_->fd(), .events = POLLIN, .revents = 0};
            if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
                return false;
            }
            REQUIRE(monitor_->read().ok());
        }
        return true;
    }
    std::string best(const ike::IpAddress& to = gateway) {
        const auto ways = uplinks(monitor_->snapshot(), to, {});
        return ways.empty() ? "none" : ways.front().name + " " + ways.front().local.text();
    }
    bool best_becomes(const std::string& wanted) {
        return wait_until([&] { return best() == wanted; });
    }
    /// The claim of every case: what the events made of the tables is what the kernel has.
    bool equals_fresh_dump() {
        const bool equal = wait_until([this] {
            REQUIRE(monitor_->read().ok());
            return fresh_dump() == monitor_->snapshot();
        });
        if (!equal) {
            MESSAGE("watched: " << text(monitor_->snapshot())
                                << "\ndumped: " << text(fresh_dump()));
        }
        return equal;
    }

  private:
    void open() {
        auto opened = Monitor::open(log_, options_);
        REQUIRE(opened.ok());
        monitor_.emplace(*std::move(opened));
        REQUIRE(best_becomes("wlan0 10.1.0.2"));
        REQUIRE(wait_until([this] { return best(gateway6) == "wlan0 2001:db8:1::2"; }));
    }
    Snapshot fresh_dump() {
        auto other = Monitor::open(log_);
        REQUIRE(other.ok());
        return other->snapshot();
    }

    Namespace inside_;
    MonitorOptions options_;
    ike::NullLog log_;
    std::optional<Monitor> monitor_;
};

}  // namespace

TEST_CASE("a link set down is known by one event, and its silently flushed routes go too") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(ip("link set wlan0 down"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(machine.best(gateway6) == "none");
    CHECK(machine.equals_fresh_dump());
    CHECK(machine.monitor().counters().full_dumps == 1);

    REQUIRE(ip("link set wlan0 up"));
    REQUIRE(ip("route add default via 10.1.0.1 dev wlan0 metric 600"));
    CHECK(machine.best_becomes("wlan0 10.1.0.2"));
    CHECK(machine.equals_fresh_dump());
}

TEST_CASE("a carrier lost is known while the link stays up, and its return too") {
    Machine machine;
    if (!machine) {
        return;
    }
    const Current current{uplinks(machine.monitor().snapshot(), gateway, {}).front().interface,
                          ike::IpAddress::parse("10.1.0.2").value()};
    REQUIRE(ip("link set ap0 down"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(why_gone(machine.monitor().snapshot(), current) == RoamReason::carrier_lost);
    CHECK(machine.equals_fresh_dump());
    REQUIRE(ip("link set ap0 up"));
    CHECK(machine.best_becomes("wlan0 10.1.0.2"));
    CHECK(machine.equals_fresh_dump());
}

TEST_CASE("an address removed takes its silently flushed routes along") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(ip("addr del 10.1.0.2/24 dev wlan0"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(machine.equals_fresh_dump());
    REQUIRE(ip("addr add 10.1.0.99/24 dev wlan0"));
    REQUIRE(ip("route add default via 10.1.0.1 dev wlan0 metric 600"));
    CHECK(machine.best_becomes("wlan0 10.1.0.99"));
    CHECK(machine.equals_fresh_dump());
}

TEST_CASE("a removed preferred source takes its routes along, while another address stays") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(ip("addr add 10.7.0.2/24 dev wlan0"));
    REQUIRE(ip("addr add 2001:db8:7::2/64 dev wlan0 nodad"));
    REQUIRE(ip("route add default via 10.1.0.1 dev wlan0 src 10.7.0.2 metric 10"));
    REQUIRE(ip("route add 2001:db8:9::/48 via 2001:db8:1::1 dev wlan0 src 2001:db8:7::2"));
    CHECK(machine.best_becomes("wlan0 10.7.0.2"));
    CHECK(machine.equals_fresh_dump());
    REQUIRE(ip("addr del 10.7.0.2/24 dev wlan0"));
    REQUIRE(ip("addr del 2001:db8:7::2/64 dev wlan0"));
    CHECK(machine.best_becomes("wlan0 10.1.0.2"));
    CHECK(machine.equals_fresh_dump());
}

TEST_CASE("a default route replaced by one over another device turns the order") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(ip("route add default via 10.2.0.1 dev wwan0 metric 50"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    REQUIRE(ip("route replace default via 10.1.0.1 dev wlan0 metric 50"));
    CHECK(machine.best_becomes("wlan0 10.1.0.2"));
    CHECK(machine.equals_fresh_dump());
    REQUIRE(ip("-6 route replace default via 2001:db8:1::7 dev wlan0 metric 600"));
    CHECK(machine.equals_fresh_dump());
    REQUIRE(ip("route del default metric 50"));
    REQUIRE(ip("route del default metric 600"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(machine.equals_fresh_dump());
    CHECK(machine.monitor().counters().route_dumps == 0);
}

TEST_CASE("next hops of multipath routes die and revive with their link") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(ip("addr add 2001:db8:2::2/64 dev wwan0 nodad"));
    REQUIRE(
        ip("route add 198.51.100.0/24 nexthop via 10.1.0.1 dev wlan0 "
           "nexthop via 10.2.0.1 dev wwan0"));
    REQUIRE(
        ip("-6 route add 2001:db8:9::/48 nexthop via 2001:db8:1::1 dev wlan0 "
           "nexthop via 2001:db8:2::1 dev wwan0"));
    CHECK(machine.equals_fresh_dump());
    REQUIRE(ip("link set wwan0 down"));
    CHECK(machine.equals_fresh_dump());
    REQUIRE(ip("link set wwan0 up"));
    CHECK(machine.equals_fresh_dump());
    REQUIRE(ip("-6 route del 2001:db8:9::/48 via 2001:db8:1::1"));
    REQUIRE(ip("route del 198.51.100.0/24"));
    CHECK(machine.equals_fresh_dump());
}

TEST_CASE("routes over a nexthop object follow it") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(ip("nexthop add id 7 via 10.2.0.1 dev wwan0"));
    REQUIRE(ip("route add default nhid 7 metric 5"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    REQUIRE(ip("nexthop replace id 7 via 10.1.0.1 dev wlan0"));
    CHECK(machine.best_becomes("wlan0 10.1.0.2"));
    REQUIRE(ip("nexthop del id 7"));
    CHECK(machine.equals_fresh_dump());
}

TEST_CASE("a device deleted leaves nothing of itself") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(ip("link del wlan0"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(machine.equals_fresh_dump());
    CHECK(machine.monitor().snapshot().links.size() == 3);
}

TEST_CASE("a port that leaves its bridge is still a link, and bridges tell their kind") {
    Machine machine;
    if (!machine) {
        return;
    }
    REQUIRE(ip("link add br0 type bridge"));
    REQUIRE(ip("link set cell0 master br0"));
    const auto cell = [&machine] {
        const auto& links = machine.monitor().snapshot().links;
        return std::ranges::find(links, "cell0", &Link::name);
    };
    CHECK(machine.wait_until([&] { return cell()->master.has_value(); }));
    const Link* const bridge = machine.monitor().snapshot().find_link(*cell()->master);
    REQUIRE(bridge != nullptr);
    CHECK(bridge->kind == "bridge");
    CHECK(cell()->kind == "veth");
    REQUIRE(ip("link set cell0 nomaster"));
    CHECK(machine.wait_until([&] { return !cell()->master.has_value(); }));
    CHECK(machine.equals_fresh_dump());
}

TEST_CASE("routes of other tables and of types that lead nowhere are not watched") {
    Machine machine;
    if (!machine) {
        return;
    }
    const std::size_t before = machine.monitor().snapshot().routes.size();
    REQUIRE(ip("route add 198.51.100.0/24 via 10.1.0.1 dev wlan0 table 100"));
    REQUIRE(ip("route add throw 198.51.100.0/24"));
    REQUIRE(ip("route add unreachable 203.0.113.0/24"));
    CHECK(machine.equals_fresh_dump());
    CHECK(machine.monitor().snapshot().routes.size() == before + 1);
    REQUIRE(ip("route add 203.0.113.7 via 10.1.0.1 dev wlan0 table default"));
    CHECK(machine.equals_fresh_dump());
    CHECK(machine.monitor().snapshot().routes.size() == before + 2);
}

TEST_CASE("an event that changes nothing makes no new snapshot") {
    Machine machine;
    if (!machine) {
        return;
    }
    CHECK(machine.equals_fresh_dump());
    const std::uint64_t generation = machine.monitor().snapshot().generation;
    const std::uint64_t messages = machine.monitor().counters().messages;
    REQUIRE(ip("link set wlan0 alias uplink"));
    CHECK(machine.wait_until([&] { return machine.monitor().counters().messages > messages; }));
    CHECK(machine.monitor().snapshot().generation == generation);
}

TEST_CASE("a burst that overruns the receive buffer is made good by a dump, nothing is lost") {
    Machine machine(MonitorOptions{.receive_buffer = 2048});
    if (!machine) {
        return;
    }
    const std::string path = "/tmp/netwatch-burst-" + std::to_string(::getpid());
    std::ofstream batch(path);
    for (int round = 0; round < 2000; ++round) {
        const std::string address = "10.3." + std::to_string(round / 200) + "." +
                                    std::to_string(1 + round % 200) + "/32 dev wwan0\n";
        batch << "addr add " << address;
        if (round % 3 != 0) {
            batch << "addr del " << address;
        }
    }
    batch << "route replace default via 10.2.0.1 dev wwan0 metric 50\n";
    batch.close();
    const bool done = ip("-batch " + path);
    ::unlink(path.c_str());
    REQUIRE(done);
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(machine.equals_fresh_dump());
    CHECK(machine.monitor().counters().overruns > 0);
    CHECK(machine.monitor().counters().full_dumps > 1);
    CHECK(machine.monitor().counters().unreadable == 0);
}

TEST_CASE("beyond the limit routes are left out, and counted, but never a default route") {
    Machine machine(MonitorOptions{.max_routes = 20});
    if (!machine) {
        return;
    }
    for (int net = 0; net < 30; ++net) {
        REQUIRE(ip("route add 198.51." + std::to_string(net) + ".0/24 via 10.1.0.1"));
    }
    REQUIRE(ip("route add default via 10.2.0.1 dev wwan0 metric 50"));
    CHECK(machine.best_becomes("wwan0 10.2.0.2"));
    CHECK(machine.monitor().counters().routes_left_out > 0);
    CHECK(machine.monitor().snapshot().routes.size() <= 21);
}
