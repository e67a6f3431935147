// SPDX-License-Identifier: Apache-2.0
#include "agent/identity.hpp"

#include "agent/suggestion.hpp"
#include "ike/base/ip.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <vector>

namespace agent {

namespace {

using ike::Bytes;
using ike::ByteView;
using ike::wire::Identification;
using ike::wire::IdType;

// X.690: the tags that a distinguished name is made of.
constexpr std::uint8_t tag_oid = 0x06;
constexpr std::uint8_t tag_utf8_string = 0x0c;
constexpr std::uint8_t tag_printable_string = 0x13;
constexpr std::uint8_t tag_ia5_string = 0x16;
constexpr std::uint8_t tag_sequence = 0x30;
constexpr std::uint8_t tag_set = 0x31;

/// X.690 8.1: tag, length in its shortest form, contents.
Bytes der(std::uint8_t tag, ByteView contents) {
    ike::Writer writer;
    writer.u8(tag);
    const std::size_t size = contents.size();
    if (size < 0x80) {
        writer.u8(static_cast<std::uint8_t>(size));
    } else if (size < 0x100) {
        writer.u8(0x81).u8(static_cast<std::uint8_t>(size));
    } else {
        writer.u8(0x82).u16(static_cast<std::uint16_t>(size));
    }
    return writer.put(contents).release();
}

/// An attribute of RFC 4519, its OID in DER and the string type RFC 5280 A.1 wants.
struct AttributeType {
    std::string_view name;
    std::string_view oid;
    std::uint8_t string_tag;
};
using namespace std::string_view_literals;
constexpr std::array<AttributeType, 10> attribute_types{{
    {"CN", "\x55\x04\x03"sv, tag_utf8_string},
    {"C", "\x55\x04\x06"sv, tag_printable_string},
    {"L", "\x55\x04\x07"sv, tag_utf8_string},
    {"ST", "\x55\x04\x08"sv, tag_utf8_string},
    {"O", "\x55\x04\x0a"sv, tag_utf8_string},
    {"OU", "\x55\x04\x0b"sv, tag_utf8_string},
    {"SERIALNUMBER", "\x55\x04\x05"sv, tag_printable_string},
    {"DC", "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"sv, tag_ia5_string},
    {"EMAILADDRESS", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"sv, tag_ia5_string},
    {"E", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"sv, tag_ia5_string},
}};

std::string upper(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) {
        return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    });
    return result;
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) {
        text.remove_prefix(1);
    }
    while (text.ends_with(' ')) {
        text.remove_suffix(1);
    }
    return text;
}

ike::Result<Bytes, ValueFault> encode_rdn(std::string_view part) {
    const auto equals = part.find('=');
    const std::string_view name = trimmed(part.substr(0, equals));
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : trimmed(part.substr(equals + 1));
    if (value.empty()) {
        return ike::Fail{
            ValueFault{"\"" + std::string(part) + "\" is no part of a distinguished name",
                       "write it like \"C=DE, O=Example, CN=alice\""}};
    }
    const auto* type = std::ranges::find(attribute_types, upper(name), &AttributeType::name);
    if (type == attribute_types.end()) {
        std::vector<std::string_view> names;
        names.reserve(attribute_types.size());
        for (const AttributeType& known : attribute_types) {
            names.push_back(known.name);
        }
        return ike::Fail{
            ValueFault{"\"" + std::string(name) + "\" is no attribute of a distinguished name",
                       suggestion(name, names)}};
    }
    Bytes pair = der(tag_oid, ike::as_bytes(type->oid));
    const Bytes string = der(type->string_tag, ike::as_bytes(value));
    pair.insert(pair.end(), string.begin(), string.end());
    return der(tag_set, der(tag_sequence, pair));
}

/// RFC 5280 4.1.2.4, one attribute in each RDN, in the order of the text. A comma can't be escaped.
ike::Result<Bytes, ValueFault> encode_dn(std::string_view text) {
    Bytes rdns;
    while (true) {
        const auto comma = text.find(',');
        const auto rdn = encode_rdn(trimmed(text.substr(0, comma)));
        if (!rdn) {
            return ike::Fail{rdn.error()};
        }
        rdns.insert(rdns.end(), rdn->begin(), rdn->end());
        if (comma == std::string_view::npos) {
            return der(tag_sequence, rdns);
        }
        text.remove_prefix(comma + 1);
    }
}

Identification named(IdType type, std::string_view text) {
    const ByteView bytes = ike::as_bytes(text);
    return {type, Bytes(bytes.begin(), bytes.end())};
}

}  // namespace

ike::Result<Identification, ValueFault> parse_identity(std::string_view text) {
    constexpr std::size_t longest = 1024;  // IKE_AUTH has to fit into few datagrams
    if (text.empty() || text.size() > longest) {
        return ike::Fail{ValueFault{text.empty() ? "is empty" : "is longer than 1024 characters",
                                    "write \"alice@example.org\" or \"vpn.example.org\""}};
    }
    if (const auto address = ike::IpAddress::parse(text)) {
        const ByteView bytes = address->bytes();
        return Identification{address->is_ipv4() ? IdType::ipv4_addr : IdType::ipv6_addr,
                              Bytes(bytes.begin(), bytes.end())};
    }
    if (text.find('=') < text.find('@')) {
        const auto encoded = encode_dn(text);
        if (!encoded) {
            return ike::Fail{encoded.error()};
        }
        return Identification{IdType::der_asn1_dn, *encoded};
    }
    return named(text.find('@') == std::string_view::npos ? IdType::fqdn : IdType::rfc822_addr,
                 text);
}

}  // namespace agent
