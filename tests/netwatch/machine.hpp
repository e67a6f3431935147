// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "netwatch/monitor.hpp"
#include "netwatch/policy.hpp"
#include "tests/netwatch/namespace.hpp"

#include <doctest/doctest.h>

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <functional>

namespace netwatch {

inline const ike::IpAddress gateway = ike::IpAddress::parse("192.0.2.1").value();
inline const ike::IpAddress gateway6 = ike::IpAddress::parse("2001:db8:9::1").value();

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
    bool has_address(const std::string& wanted) {
        const auto address = ike::IpAddress::parse(wanted).value();
        const auto& all = monitor_->snapshot().addresses;
        return std::ranges::find(all, address, &Address::address) != all.end();
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

}  // namespace netwatch
