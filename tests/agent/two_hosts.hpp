// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/path.hpp"
#include "netwatch/fd.hpp"
#include "tests/agent/network_namespace.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <chrono>
#include <string>

namespace agent::test {

inline ike::IpAddress ip(const std::string& text) {
    return ike::IpAddress::parse(text).value();
}

/// Whether the descriptor becomes readable in time. Tests wait for things, never for time to pass.
inline bool readable(int fd, std::chrono::milliseconds limit = std::chrono::seconds(5)) {
    pollfd waiting{fd, POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(limit.count())) == 1;
}

/// A network namespace of its own. This thread opens and runs everything in there while it is
/// enter()ed.
class Host {
  public:
    Host() {
        REQUIRE(enter_network_namespace());
        namespace_ = netwatch::Fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
        // No duplicate address detection, which would hold back IPv6 for a second, and no reverse
        // path filter, which would refuse what comes in by the uplink of lesser preference.
        REQUIRE(
            run("ip link set lo up && cd /proc/sys/net && "
                "for which in all default; do echo 0 >ipv4/conf/$which/rp_filter && "
                "echo 0 >ipv6/conf/$which/accept_dad || exit 1; done"));
    }

    void enter() const { REQUIRE(::setns(namespace_.get(), CLONE_NEWNET) == 0); }
    void run_here(const std::string& command) const {
        enter();
        REQUIRE_MESSAGE(run(command), command);
    }
    /// How `ip link set ... netns` names it.
    [[nodiscard]] std::string path() const {
        return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(namespace_.get());
    }
    [[nodiscard]] ike::InterfaceIndex interface(const char* name) const {
        enter();
        return {::if_nametoindex(name)};
    }

  private:
    netwatch::Fd namespace_;
};

/// A laptop with two uplinks to a gateway that has one address of each family. The routing table
/// prefers wlan0.
struct TwoHosts {
    TwoHosts() {
        gateway.run_here(
            "ip addr add 192.0.2.1/32 dev lo && "
            "ip -6 addr add 2001:db8::1/128 dev lo nodad");
        connect("wlan0", "1", 100);
        connect("wwan0", "2", 200);
    }

    [[nodiscard]] ike::Path from_laptop(const char* uplink, ike::Family family,
                                        std::uint16_t port = ike::nat_t_port) const {
        return {laptop.interface(uplink), {address(uplink, family), port}, {server(family), port}};
    }
    [[nodiscard]] ike::Path from_gateway(const char* uplink, ike::Family family,
                                         std::uint16_t port = ike::nat_t_port) const {
        return {gateway.interface(uplink), {server(family), port}, {address(uplink, family), port}};
    }

    static ike::IpAddress server(ike::Family family) {
        return family == ike::Family::ipv4 ? ip("192.0.2.1") : ip("2001:db8::1");
    }
    static ike::IpAddress address(const std::string& uplink, ike::Family family) {
        const std::string net = uplink == "wlan0" ? "1" : "2";
        return family == ike::Family::ipv4 ? ip("10." + net + ".0.2") : ip("fd0" + net + "::2");
    }

    Host gateway;
    Host laptop;

  private:
    void connect(const std::string& uplink, const std::string& net, int metric) const {
        laptop.run_here("ip link add " + uplink + " type veth peer name " + uplink + " netns " +
                        gateway.path());
        configure(laptop, uplink, net + ".0.2/24 fd0" + net + "::2/64");
        configure(gateway, uplink, net + ".0.1/24 fd0" + net + "::1/64");
        const std::string way = uplink + " metric " + std::to_string(metric);
        laptop.run_here("ip route add 192.0.2.1 via 10." + net + ".0.1 dev " + way);
        laptop.run_here("ip -6 route add 2001:db8::1 via fd0" + net + "::1 dev " + way);
        // Until the kernel has noticed carrier and addresses, packets come to nothing.
        for (const char* server : {"192.0.2.1", "2001:db8::1"}) {
            laptop.run_here("ping -q -c 1 -i 0.01 -w 5 -I " + uplink + " " + server +
                            " >/dev/null");
        }
    }
    /// `addresses`: of IPv4 behind its "10.", and of IPv6.
    static void configure(const Host& host, const std::string& uplink,
                          const std::string& addresses) {
        host.run_here("ip link set " + uplink + " up && set -- 10." + addresses +
                      " && ip addr add $1 dev " + uplink + " && ip addr add $2 dev " + uplink +
                      " nodad");
    }
};

}  // namespace agent::test
