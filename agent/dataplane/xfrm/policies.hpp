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

/// Traffic from `sources` to `destinations`, as the kernel can select it: address ranges become
/// prefixes, port ranges a port and a mask (RFC 4301 4.4.1). None: there are more than
/// max_policy_selectors, or they ask for ports that nobody can see (OPAQUE).
std::optional<std::vector<Selector>> selectors_between(
    std::span<const ike::wire::TrafficSelector> sources,
    std::span<const ike::wire::TrafficSelector> destinations);

/// Packets that leave by one of `selectors` are protected by an outbound state of this tunnel and
/// path. The template names no SPI: for a packet that finds no state the kernel would make a
/// placeholder with that SPI, and refuse the state itself.
std::vector<Policy> outbound_policies(std::span<const Selector> selectors,
                                      const EncapsulatedPath& way, const Owner& owner);
/// Packets that come in by one of `selectors`, for this machine or to be forwarded, must have been
/// protected by an SA of this tunnel. They name no address of a path: a roam changes nothing here.
std::vector<Policy> inbound_policies(std::span<const Selector> selectors, const Owner& owner);
/// Packets that it selects are thrown away.
Policy blocking_policy(const PolicyKey& key);

}  // namespace agent::xfrm
