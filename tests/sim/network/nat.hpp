// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/base/ip.hpp"

#include <map>
#include <optional>

namespace sim {

/// A NAT with one public address: gives each private endpoint a public port, the same towards
/// everybody, and forgets it when nothing left through it for a while.
class Nat {
  public:
    explicit Nat(ike::IpAddress outside) : outside_(outside) {}

    /// The public endpoint that a packet of `inside` shows.
    ike::Endpoint outward(const ike::Endpoint& inside, ike::Instant now);
    /// Where a packet to that public port goes; nowhere, if nobody has opened it.
    [[nodiscard]] std::optional<ike::Endpoint> inward(const ike::Endpoint& outside,
                                                      ike::Instant now) const;
    [[nodiscard]] const ike::IpAddress& outside() const { return outside_; }

    /// The router was restarted: no mapping is left, and none comes back with the same port.
    void rebind() { mappings_.clear(); }
    void set_timeout(ike::Duration timeout) { timeout_ = timeout; }

  private:
    struct Mapping {
        std::uint16_t port = 0;
        ike::Instant used;
    };

    ike::IpAddress outside_;
    std::map<ike::Endpoint, Mapping> mappings_;
    std::uint16_t next_port_ = 20000;
    ike::Duration timeout_ = std::chrono::hours(24 * 365);
};

/// Both ends of a packet.
struct Ends {
    ike::Endpoint from;
    ike::Endpoint to;
};

/// A NAT that also turns IPv6 into IPv4 (RFC 6146): an IPv4 address behind it is its prefix of 96
/// bits and that address (RFC 6052 2.2).
class Nat64 {
  public:
    Nat64(ike::Prefix prefix, ike::IpAddress outside) : prefix_(prefix), nat_(outside) {}

    [[nodiscard]] ike::IpAddress synthesised(const ike::IpAddress& ipv4) const;
    /// The packet as it goes on; nothing if it is not for this NAT64.
    std::optional<Ends> outward(const Ends& inside, ike::Instant now);
    [[nodiscard]] std::optional<Ends> inward(const Ends& outside, ike::Instant now) const;

  private:
    ike::Prefix prefix_;
    Nat nat_;
};

}  // namespace sim
