// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ike::crypto {

// Distinguished names of X.501: as DER in an ID_DER_ASN1_DN (RFC 7296 3.5) and in certificates, as
// text in a configuration and for people. The text lists the parts in the order of the DER:
// "C=CH, O=Example, CN=vpn.example.org".

/// None if the text is no such list, or a key is no attribute type. A comma in a value is written
/// as "\,".
std::optional<Bytes> encode_dn(std::string_view text);

/// None for what is no name.
std::optional<std::string> dn_text(ByteView der);

/// Whether two encoded names are the same by RFC 5280 7.1: the string types don't matter, nor case,
/// nor spaces at the ends. What can't be decoded is the same as nothing.
bool same_dn(ByteView left, ByteView right);

}  // namespace ike::crypto
