// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/states.hpp"
#include "ike/wire/traffic_selector.hpp"

#include <optional>
#include <span>
#include <vector>

namespace agent::xfrm {

/// More policies than this are no longer a policy, and adding them would hold up a roam.
inline constexpr std::size_t max_policy_selectors = 256;

/// What goes from `sources` to `destinations`, as the kernel can select it: address ranges become
/// prefixes, port ranges a port and a mask (RFC 4301 4.4.1). None: they are more than
/// max_policy_selectors, or ask for ports that nobody can see (OPAQUE).
std::optional<std::vector<Selector>> selectors_between(
    std::span<const ike::wire::TrafficSelector> sources,
    std::span<const ike::wire::TrafficSelector> destinations);

/// What leaves by one of `selectors` is protected by an outbound state of this tunnel and way. The
/// template names no SPI: for a packet that finds no state the kernel would make a placeholder with
/// that SPI, which is in the way of the state itself.
std::vector<Policy> outbound_policies(std::span<const Selector> selectors,
                                      const EncapsulatedPath& way, const Owner& owner);
/// What comes in by one of `selectors`, for this machine or to be forwarded, was protected by an SA
/// of this tunnel. No address of a path is in it: a roam changes nothing here.
std::vector<Policy> inbound_policies(std::span<const Selector> selectors, const Owner& owner);
/// What it selects is thrown away.
Policy blocking_policy(const PolicyKey& key);

}  // namespace agent::xfrm
