// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/import/node.hpp"
#include "ike/base/result.hpp"

#include <string>
#include <string_view>

namespace agent::profile {

// The texts that profiles are written in, as nodes. The error says what is wrong, and in which line
// where there are lines.

ike::Result<Members, std::string> parse_json_profile(std::string_view text);

/// The children of the root element: each a text or, where it has children, members. Attributes and
/// prefixes don't count. A document type with entities of its own is refused.
ike::Result<Members, std::string> parse_xml(std::string_view text);

/// Apple's property list of XML: the members of its dictionary.
ike::Result<Members, std::string> parse_plist(std::string_view text);

/// GLib's key file: a member for each group, with a member for each key.
ike::Result<Members, std::string> parse_key_file(std::string_view text);

/// strongSwan's settings (swanctl.conf): sections in braces, "key = value" lines.
ike::Result<Members, std::string> parse_settings(std::string_view text);

}  // namespace agent::profile
