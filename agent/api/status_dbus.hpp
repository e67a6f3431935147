// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/status/tunnel_status.hpp"

#include <sdbus-c++/Types.h>

#include <map>
#include <optional>
#include <string>

namespace agent {

/// a{sv} of D-Bus.
using Dictionary = std::map<std::string, sdbus::Variant>;

// The values of tunnel_status.hpp as net.roamd.xml describes them. A part that does not exist is an
// empty dictionary, or no key in one.
Dictionary to_dbus(const PathStatus& path);
Dictionary to_dbus(const ConnectionStatus& connection);
Dictionary to_dbus(const TunnelError& error);
Dictionary to_dbus(const AttemptStatus& attempt);
Dictionary to_dbus(const RoamRecord& record);
Dictionary to_dbus(const GuardStatus& guard);
Dictionary to_dbus(const SecretRequest& request);

/// Status() of net.roamd.Tunnel, and what of it differs between two moments; counters never do.
Dictionary to_dbus(const TunnelStatus& status);
Dictionary changes_to_dbus(const TunnelStatus& before, const TunnelStatus& after);
/// The property ConnectedSince: 0 while not connected.
std::uint64_t connected_since_us(const TunnelStatus& status);

/// And back, on the side of a client. A key that is missing, or of another type than it should be,
/// counts as not there.
std::optional<PathStatus> path_from_dbus(const Dictionary& path);
std::optional<RoamRecord> roam_from_dbus(const Dictionary& roam);
/// From Status(), or from the properties of net.roamd.Tunnel, which are a few of its entries.
TunnelStatus status_from_dbus(const Dictionary& properties);

}  // namespace agent
