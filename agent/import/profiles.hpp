// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/import/draft.hpp"
#include "agent/import/node.hpp"

#include <vector>

namespace agent::profile {

// What each program's profile means, one file each. `fallback` is the name of a tunnel where the
// profile has none. A fault where it is for another protocol, or holds no tunnel.
using Drafts = ike::Result<std::vector<Draft>, ValueFault>;

/// strongSwan's app for Android: docs.strongswan.org, "VPN Profiles".
Drafts drafts_of_sswan(const Members& profile, std::string_view fallback);
/// Apple's configuration profiles: the payload com.apple.vpn.managed with VPNType IKEv2.
Drafts drafts_of_mobileconfig(const Members& profile, std::string_view fallback);
/// swanctl.conf(5): each of `connections`, with what of `secrets` belongs to it.
Drafts drafts_of_swanctl(const Members& settings, std::string_view fallback);
/// A connection of NetworkManager-strongswan or NetworkManager-libreswan.
Drafts drafts_of_key_file(const Members& groups, std::string_view fallback);
/// The ProfileXML of Windows' VPNv2 configuration service provider.
Drafts drafts_of_windows(const Members& profile, std::string_view fallback);
/// A key with its certificates, and the gateway that it is for.
Drafts drafts_of_pkcs12(ike::ByteView content, const std::string& gateway,
                        std::string_view fallback);

/// For what somebody else's program does, and IKEv2 does not.
ValueFault other_protocol(std::string_view which);

}  // namespace agent::profile
