// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ike::crypto {

// Distinguished names of X.501: as DER in an ID_DER_ASN1_DN (RFC 7296 3.5) and in certificates, as
// text in a configuration and for people. The text lists the parts in the order of the DER:
// "C=CH, O=Example, CN=vpn.example.org".

/// Where a text stops being a distinguished name, and why.
struct DnFault {
    enum class Kind : std::uint8_t {
        no_part,            // not TYPE=VALUE
        unknown_attribute,  // a type that has no such name
        bad_escape,         // after a backslash, or a quotation mark without its fellow
        bad_character,      // one that this attribute's strings do not have
    };
    Kind kind{};
    std::size_t at = 0;  // in characters of the text, from 0
    std::string part;    // the words that are wrong
};

/// RFC 4514 with RFC 5280's string types: "\," and "\2C" escape, "A, B" in quotation marks is one
/// value, "CN=A + OU=x" is one RDN, a type may be an OID and its value "#" and DER. Spaces around
/// separators don't count; ";" is as good as ",". SN is surname, as RFC 4519 has it.
Result<Bytes, DnFault> parse_dn(std::string_view text);
/// The types that have a name, in capitals.
std::vector<std::string_view> dn_attributes();
/// parse_dn without the reason.
std::optional<Bytes> encode_dn(std::string_view text);

/// None for what is no name.
std::optional<std::string> dn_text(ByteView der);

/// Whether two encoded names have the same attributes in the same order, each value the same byte
/// for byte once it is in UTF-8: two programs may have chosen other string types, but "O=Example"
/// is not "O=example" (NIAP FIA_X509, though RFC 5280 7.1 folds case). A name that can't be decoded
/// is the same as none.
bool same_dn(ByteView left, ByteView right);
/// Likewise, and a value "*" of the pattern stands for any.
bool matches_dn(ByteView pattern, ByteView name);

}  // namespace ike::crypto
