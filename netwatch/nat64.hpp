// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "ike/base/strong.hpp"

#include <compare>
#include <optional>
#include <span>
#include <vector>

namespace netwatch {

struct Snapshot;

/// A link behind which a NAT64 stands: what is sent to an address of this prefix reaches the IPv4
/// address embedded in it (RFC 6052). It means that on this link only.
struct Nat64 {
    ike::InterfaceIndex interface;
    ike::Prefix prefix;

    friend auto operator<=>(const Nat64&, const Nat64&) = default;
};

/// 64:ff9b::/96, RFC 6052 2.1. No host has an address in there.
const ike::Prefix& well_known_nat64();

/// RFC 6052 2.2: the IPv6 address that stands for `address`. None unless the prefix is 32, 40, 48,
/// 56, 64 or 96 bits long and the address one of IPv4.
std::optional<ike::IpAddress> synthesised(const ike::Prefix& prefix, const ike::IpAddress& address);
/// The IPv4 address that it stands for, if it is in the prefix.
std::optional<ike::IpAddress> embedded(const ike::Prefix& prefix, const ike::IpAddress& address);

/// RFC 7050 3: the prefixes behind these answers for ipv4only.arpa, each once. An answer without
/// one of the two well-known IPv4 addresses in it, or with more than one, tells nothing.
std::vector<ike::Prefix> nat64_prefixes(std::span<const ike::IpAddress> answers);

/// Whether the link leads to the IPv6 internet and has no IPv4: a NAT64 is looked for there only.
bool ipv6_only(const Snapshot& snapshot, ike::InterfaceIndex interface);

/// Whether packets to `gateway` by this link mean the gateway: an address in a prefix of a NAT64
/// does so only on the links behind which it stands, one of the well-known prefix also where the
/// link has no IPv4 and no other prefix is known.
bool means_gateway_on(const Snapshot& snapshot, ike::InterfaceIndex interface,
                      const ike::IpAddress& gateway);

/// The same addresses, each once, but for what stands for an IPv4 address the IPv4 address: what of
/// a gateway's addresses stays true when the network is another. Of the well-known prefix, where no
/// link is known to have it, both.
std::vector<ike::IpAddress> without_nat64(const Snapshot& snapshot,
                                          std::span<const ike::IpAddress> addresses);
/// These addresses, and behind them for each of IPv4 the ones that stand for it on some link.
std::vector<ike::IpAddress> with_nat64(const Snapshot& snapshot,
                                       std::span<const ike::IpAddress> addresses);

}  // namespace netwatch
