// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dns/resolv_conf.hpp"
#include "agent/guard/protection.hpp"
#include "netwatch/snapshot.hpp"

#include <optional>
#include <string>
#include <vector>

namespace agent {

/// The way to the login page of the network whose connectivity NetworkManager has checked and calls
/// a portal; none where there is no such network. The portal chooses which servers are reached
/// before the login, so the hole is DNS to that network's name servers, and TCP to the ports of the
/// web.
std::optional<guard::PortalHole> portal_hole(const netwatch::Snapshot& network,
                                             const std::vector<NameServer>& servers);

/// The devices whose connectivity NetworkManager checks, by a socket that it binds to each.
std::vector<std::string> checked_uplinks(const netwatch::ManagedNetwork& managed);

/// The guard of a full tunnel drops the question for the name of the server that NetworkManager
/// asks, where the system's resolver asks it. So connectivity that it calls limited is unknown from
/// now on.
void doubt_limited(netwatch::ManagedNetwork& managed);

}  // namespace agent
