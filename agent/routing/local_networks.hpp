// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/tunnel_config.hpp"
#include "agent/guard/protection.hpp"
#include "agent/routing/tunnel_routes.hpp"
#include "netwatch/snapshot.hpp"

#include <vector>

namespace agent {

/// The networks reached beside a tunnel that covers them, as the file says: those of a list by any
/// device; with `on` those that this machine is in, each by its own device, and what a link's own
/// devices are found by (link-local addresses, mDNS, SSDP).
/// A network says itself which addresses are local to it. So only private ones count (RFC 1918,
/// RFC 4193, RFC 6598, link-local), and none that is wider than any home or office makes them:
/// else it could draw what is meant for the tunnel (TunnelCrack's LocalNet attack, CVE-2023-36672).
std::vector<guard::LocalNetwork> local_networks(const LocalNetworkConfig& config,
                                                const netwatch::Snapshot& network);

/// The ways to them: a network of the list goes where the table main leads it, but never by a
/// default route into a tunnel. Multicast needs none: who sends it names the device.
std::vector<LocalRoute> local_routes(const std::vector<guard::LocalNetwork>& local,
                                     const netwatch::Snapshot& network);

}  // namespace agent
