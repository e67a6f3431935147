// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/tun/tun_plane.hpp"
#include "agent/linux/control_message.hpp"
#include "agent/routing/mtu.hpp"
#include "tests/agent/child_sa_pair.hpp"
#include "tests/agent/two_hosts.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace agent::test {

/// A data plane and what it told.
struct PlaneEnd {
    explicit PlaneEnd(const Host& host) {
        host.enter();
        auto opened = IkeSockets::open({}, log);
        REQUIRE(opened.ok());
        sockets = std::make_unique<IkeSockets>(std::move(*opened));
        auto created = EventLoop::create();
        REQUIRE(created.ok());
        loop.emplace(std::move(*created));
        auto started =
            TunPlane::start({*loop, log, *sockets, network},
                            {.first_inbound =
                                 [this](ike::ChildSpi inbound, const ike::Path& path,
                                        std::chrono::nanoseconds when) {
                                     first_inbound.push_back({inbound, path, when});
                                 },
                             .ike_datagram =
                                 [this](ike::ByteView datagram, const ike::Path& path) {
                                     ike.push_back({{datagram.begin(), datagram.end()}, path});
                                 },
                             .inbound_stopped = [this] { ++silences; },
                             .rekey_needed = [](ike::ChildSpi) {}});
        REQUIRE_MESSAGE(started.ok(), (started ? "" : started.error().text()));
        plane = std::move(*started);
    }

    /// Dispatches events until it is so, or the time is over.
    template <class Condition>
    bool wait_for(Condition condition,
                  std::chrono::milliseconds longest = std::chrono::seconds(5)) {
        const auto deadline = std::chrono::steady_clock::now() + longest;
        while (!condition() && std::chrono::steady_clock::now() < deadline) {
            if (readable(plane->event_fd(), std::chrono::milliseconds(1))) {
                plane->dispatch();
            }
        }
        return condition();
    }

    void move(const ike::Path& path) const { CHECK(plane->move(path, true).ok()); }

    ike::NullLog log;
    std::optional<EventLoop> loop;
    netwatch::Snapshot network;  // empty: what is of the routes is the stories'
    std::unique_ptr<IkeSockets> sockets;
    std::unique_ptr<TunPlane> plane;
    std::vector<FirstInbound> first_inbound;
    std::vector<IkeDatagram> ike;
    int silences = 0;
};

/// A laptop and a gateway with a tunnel's device each; 10.99.0.7 and fd99::7 here, 10.20.0.1 and
/// fd20::1 there.
struct PlaneHosts {
    static inline const std::uint32_t mtu = tunnel_mtu(gcm, {.family = ike::Family::ipv6}, 1500);

    PlaneHosts() : laptop(two_hosts.laptop), gateway(two_hosts.gateway) {
        set_up_laptop();
        set_up(two_hosts.gateway, *gateway.plane, {"10.20.0.1/16", "fd20::1/64"},
               {"10.99.0.7/32", "fd99::7/128"});
    }

    /// Its device, whose addresses may be there already.
    void set_up_laptop() const {
        set_up(two_hosts.laptop, *laptop.plane, {"10.99.0.7/32", "fd99::7/128"},
               {"10.20.0.0/16", "fd20::/64"});
    }

    void connect(const char* uplink, ike::Family outside) {
        connect_laptop(uplink, outside);
        REQUIRE(gateway.plane
                    ->install(gateways_child_sa(1, two_hosts.from_gateway(uplink, outside)), true)
                    .ok());
    }
    void connect_laptop(const char* uplink, ike::Family outside) {
        REQUIRE(
            laptop.plane->install(laptops_child_sa(1, two_hosts.from_laptop(uplink, outside)), true)
                .ok());
    }
    void move(const char* uplink, ike::Family outside) {
        laptop.move(two_hosts.from_laptop(uplink, outside));
        gateway.move(two_hosts.from_gateway(uplink, outside));
    }

    /// For a failed check: where packets were last seen, and what they were refused for.
    [[nodiscard]] std::string counters() const {
        std::string text;
        for (const auto& [name, end] :
             {std::pair{"laptop", &laptop}, std::pair{"gateway", &gateway}}) {
            const Traffic traffic = end->plane->traffic();
            text += std::string(name) + ": " + std::to_string(traffic.packets_out) + " out, " +
                    std::to_string(traffic.packets_in) + " in, refused " +
                    std::to_string(traffic.replayed + traffic.unauthentic + traffic.unknown_spi +
                                   traffic.malformed + traffic.outside_selectors) +
                    ", dropped " + std::to_string(traffic.queue_dropped) + "; ";
        }
        return text;
    }

    TwoHosts two_hosts;
    PlaneEnd laptop;
    PlaneEnd gateway;

  private:
    static void set_up(const Host& host, const TunPlane& plane,
                       const std::array<std::string, 2>& addresses,
                       const std::array<std::string, 2>& routes) {
        const std::string device = plane.device();
        host.run_here("ip link set " + device + " addrgenmode none mtu " + std::to_string(mtu) +
                      " up && ip addr replace " + addresses[0] + " dev " + device +
                      " && ip -6 addr replace " + addresses[1] + " dev " + device + " nodad");
        host.run_here("ip route replace " + routes[0] + " dev " + device +
                      " && ip -6 route replace " + routes[1] + " dev " + device);
    }
};

/// Numbered UDP datagrams from the laptop through the tunnel to an echo behind the gateway.
class Stream {
  public:
    Stream(const PlaneHosts& hosts, ike::Family family) {
        const bool ipv4 = family == ike::Family::ipv4;
        hosts.two_hosts.gateway.enter();
        there_ = socket_on(ip(ipv4 ? "10.20.0.1" : "fd20::1"));
        hosts.two_hosts.laptop.enter();
        here_ = socket_on(ip(ipv4 ? "10.99.0.7" : "fd99::7"));
        REQUIRE(::connect(here_.get(), reinterpret_cast<const sockaddr*>(&there_address_),
                          sizeof there_address_) == 0);
    }

    /// Sends so many more, never more than 64 ahead of what has arrived.
    void send(std::uint32_t count) {
        for (const std::uint32_t last = sent_ + count; sent_ < last;) {
            send_blindly(1);
            while (sent_ - received_ >= 64 && readable(there_.get())) {
                receive_one();
            }
            REQUIRE(sent_ - received_ < 64);
        }
    }
    void send_blindly(std::uint32_t count) {
        for (; count != 0; --count, ++sent_) {
            REQUIRE(::send(here_.get(), &sent_, sizeof sent_, 0) == sizeof sent_);
        }
    }

    bool received_all() {
        while (received_ < sent_ && readable(there_.get())) {
            receive_one();
        }
        return received_ == sent_;
    }
    /// Each one that has arrived was sent back, and came back.
    bool answered_all() {
        while (received_all() && answered_ < received_ && readable(here_.get())) {
            std::uint32_t number = 0;
            answered_ += ::recv(here_.get(), &number, sizeof number, 0) == sizeof number ? 1U : 0U;
        }
        return answered_ == sent_;
    }

  private:
    netwatch::Fd socket_on(const ike::IpAddress& address) {
        netwatch::Fd fd(::socket(address.is_ipv4() ? AF_INET : AF_INET6,
                                 SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        sockaddr_storage bound{};
        const socklen_t size = write_address(bound, {address, 0}, {});
        REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&bound), size) == 0);
        socklen_t got = sizeof there_address_;
        REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &got) == 0);
        if (!there_) {
            there_address_ = bound;
        }
        return fd;
    }

    void receive_one() {
        std::uint32_t number = 0;
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        REQUIRE(::recvfrom(there_.get(), &number, sizeof number, 0,
                           reinterpret_cast<sockaddr*>(&from), &size) == sizeof number);
        ++received_;
        (void)::sendto(there_.get(), &number, sizeof number, 0,
                       reinterpret_cast<const sockaddr*>(&from), size);
    }

    sockaddr_storage there_address_{};
    netwatch::Fd there_;
    netwatch::Fd here_;
    std::uint32_t sent_ = 0;
    std::uint32_t received_ = 0;
    std::uint32_t answered_ = 0;
};

}  // namespace agent::test
