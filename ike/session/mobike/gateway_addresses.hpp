// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "ike/wire/message.hpp"
#include "ike/wire/traffic_selector.hpp"

#include <optional>
#include <span>
#include <vector>

namespace ike::session {

/// As many addresses of either side as are told or kept.
inline constexpr std::size_t max_additional_addresses = 16;

/// The whole set of the sender's addresses as a message tells it (RFC 4555 3.4, 3.6): that in the
/// IP header first. None when the message says nothing of addresses.
std::optional<std::vector<IpAddress>> announced_addresses(std::span<const wire::Payload> payloads,
                                                          const IpAddress& sender);

/// The addresses that may be the gateway's as seen from outside: a host's address, and nothing that
/// is reached through the tunnel. A selector of all addresses says nothing about where one is. The
/// first max_additional_addresses, none twice; `sender` stays whatever it is.
std::vector<IpAddress> outer_addresses(std::span<const IpAddress> announced,
                                       std::span<const wire::TrafficSelector> inside,
                                       const IpAddress& sender);

/// The notifies that tell the other side of all `ours` when `header` is the address in the IP
/// header: the rest, or that there is none.
std::vector<wire::Payload> announcement(std::span<const IpAddress> ours, const IpAddress& header);

}  // namespace ike::session
