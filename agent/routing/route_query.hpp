// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "ike/base/ip.hpp"
#include "ike/base/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct nl_sock;

namespace agent {

/// A packet of an ordinary user's socket that has no mark and is bound to no device.
struct RouteQuestion {
    ike::IpAddress destination;
    std::optional<ike::IpAddress> source = {};
};

/// A rule of somebody's that such packets are compared with (RTM_GETRULE): it asks for no mark,
/// user, device, protocol or port.
struct ForeignRule {
    ike::Family family = ike::Family::ipv4;
    std::uint32_t priority = 0;
    std::optional<ike::Prefix> source = {};
    std::optional<ike::Prefix> destination = {};
    std::optional<std::uint32_t> table = {};  // none: it refuses or drops the packet
    /// "rule 1: from all lookup main", as ip-rule(8) shows it.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool matches(const RouteQuestion& question) const;
};

/// Asks the kernel which way packets take. Changes nothing.
class RouteQuery {
  public:
    static ike::Result<RouteQuery, SystemError> open();

    /// The table that the packet's route is in; none: the kernel refuses or drops the packet.
    std::optional<std::uint32_t> table_for(const RouteQuestion& question);
    /// The rules that the kernel looks at no later than at rules of this priority; without its own
    /// for the table local.
    ike::Result<std::vector<ForeignRule>, SystemError> foreign_rules(ike::Family family,
                                                                     std::uint32_t priority);

  private:
    struct CloseSocket {
        void operator()(nl_sock* socket) const;
    };
    using Socket = std::unique_ptr<nl_sock, CloseSocket>;

    explicit RouteQuery(Socket socket) : socket_(std::move(socket)) {}

    Socket socket_;
};

}  // namespace agent
