// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/system_error.hpp"
#include "ike/base/ip.hpp"
#include "ike/base/result.hpp"
#include "ike/base/strong.hpp"

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct nl_sock;

namespace agent {

/// The rtm_protocol and FRA_PROTOCOL of all we add, so that it is told from what others added, also
/// after a crash. Not one of /etc/iproute2/rt_protos.
inline constexpr std::uint8_t route_protocol = 114;

/// Send what goes to `destination` into the tunnel device; without a device, refuse it at once.
struct TunnelRoute {
    std::uint32_t table = 0;
    ike::Prefix destination;
    std::optional<ike::InterfaceIndex> device;
    std::optional<ike::IpAddress> source;
    friend auto operator<=>(const TunnelRoute&, const TunnelRoute&) = default;
};

/// What does not bear outer_mark is looked up in `table`; lower priorities come first. With a
/// gateway instead: UDP to this endpoint, whoever asks. The kernel's reverse path filter is who
/// asks: it knows no mark.
struct TunnelRule {
    ike::Family family = ike::Family::ipv4;
    std::uint32_t priority = 0;
    std::uint32_t table = 0;
    std::optional<ike::Endpoint> gateway;
    friend auto operator<=>(const TunnelRule&, const TunnelRule&) = default;
};

/// Asks and changes the kernel's addresses, routes and rules, one request and its answer at a time.
/// Sees and removes only routes and rules that bear route_protocol.
class Rtnetlink {
  public:
    template <class T>
    using Outcome = ike::Result<T, SystemError>;

    static Outcome<Rtnetlink> open();

    /// The index of the device with this name.
    Outcome<ike::InterfaceIndex> device(const std::string& name);
    Outcome<void> bring_up(ike::InterfaceIndex device, std::uint32_t mtu);

    Outcome<std::vector<ike::IpAddress>> addresses(ike::InterfaceIndex device);
    Outcome<void> add(ike::InterfaceIndex device, const ike::IpAddress& address);
    Outcome<void> remove(ike::InterfaceIndex device, const ike::IpAddress& address);

    Outcome<std::vector<TunnelRoute>> routes();
    Outcome<void> add(const TunnelRoute& route);
    Outcome<void> remove(const TunnelRoute& route);

    Outcome<std::vector<TunnelRule>> rules();
    Outcome<void> add(const TunnelRule& rule);
    Outcome<void> remove(const TunnelRule& rule);

  private:
    struct CloseSocket {
        void operator()(nl_sock* socket) const;
    };
    using Socket = std::unique_ptr<nl_sock, CloseSocket>;

    explicit Rtnetlink(Socket socket) : socket_(std::move(socket)) {}

    Socket socket_;
};

}  // namespace agent
