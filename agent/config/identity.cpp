// SPDX-License-Identifier: Apache-2.0
#include "agent/config/identity.hpp"

#include "agent/config/nearest_word.hpp"
#include "ike/base/ip.hpp"
#include "ike/crypto/distinguished_name.hpp"

#include <optional>

namespace agent {

namespace {

using ike::Bytes;
using ike::ByteView;
using ike::wire::Identification;
using ike::wire::IdType;

/// The fault of a distinguished name, and its place.
ValueFault text_of(const ike::crypto::DnFault& fault) {
    using enum ike::crypto::DnFault::Kind;
    const std::string where = " at character " + std::to_string(fault.at + 1);
    const std::string quoted = "\"" + fault.part + "\"";
    switch (fault.kind) {
        case unknown_attribute:
            return {quoted + where + " is no attribute of a distinguished name",
                    suggestion(fault.part, ike::crypto::dn_attributes())};
        case bad_escape:
            return {quoted + where + " has a backslash or a quotation mark that makes no sense",
                    R"(write "O=Example\\, Inc." or "O=\"Example, Inc.\"")"};
        case bad_character:
            return {quoted + where + " has a character that this attribute can't have",
                    "write letters, digits and simple punctuation"};
        case no_part:
            break;
    }
    return {quoted + where + " is no part of a distinguished name",
            "write it like \"C=DE, O=Example, CN=alice\"; a comma or plus sign in a value after a "
            "backslash"};
}

/// "ID_KEY_ID:0a0b", as Identification::text() prints what has no better form.
std::optional<Identification> parse_printed(std::string_view text) {
    for (const IdType type : {IdType::der_asn1_dn, IdType::der_asn1_gn, IdType::key_id}) {
        const std::string prefix = name(type) + ":";
        if (text.starts_with(prefix)) {
            auto data = ike::from_hex(text.substr(prefix.size()));
            return data && !data->empty() ? std::optional(Identification{type, *std::move(data)})
                                          : std::nullopt;
        }
    }
    return std::nullopt;
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
    if (auto printed = parse_printed(text)) {
        return *std::move(printed);
    }
    if (text.find('=') < text.find('@')) {
        auto encoded = ike::crypto::parse_dn(text);
        if (!encoded) {
            return ike::Fail{text_of(encoded.error())};
        }
        return Identification{IdType::der_asn1_dn, *std::move(encoded)};
    }
    return named(text.find('@') == std::string_view::npos ? IdType::fqdn : IdType::rfc822_addr,
                 text);
}

}  // namespace agent
