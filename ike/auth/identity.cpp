// SPDX-License-Identifier: Apache-2.0
#include "ike/auth/identity.hpp"

#include "ike/crypto/distinguished_name.hpp"

#include <algorithm>

namespace ike::auth {

namespace {

std::uint8_t lower(std::uint8_t character) {
    const bool is_upper = character >= 'A' && character <= 'Z';
    return is_upper ? static_cast<std::uint8_t>(character + ('a' - 'A')) : character;
}

bool equal_without_case(ByteView left, ByteView right) {
    return std::ranges::equal(left, right, {}, lower, lower);
}

/// "*" and what follows it.
bool ends_like(std::string_view pattern, std::string_view name, char separator) {
    const std::string_view end = pattern.substr(1);
    const auto split = name.find(separator);
    return split != 0 && split != std::string_view::npos &&
           equal_without_case(as_bytes(end), as_bytes(name.substr(split)));
}

}  // namespace

std::string identity_text(const wire::Identification& id) {
    const auto dn = id.type == wire::IdType::der_asn1_dn ? crypto::dn_text(id.data) : std::nullopt;
    return dn && !dn->empty() ? *dn : id.text();
}

bool same_identity(const wire::Identification& left, const wire::Identification& right) {
    if (left.type != right.type) {
        return false;
    }
    switch (left.type) {
        case wire::IdType::fqdn:
        case wire::IdType::rfc822_addr:
            return equal_without_case(left.data, right.data);
        case wire::IdType::der_asn1_dn:
            return crypto::same_dn(left.data, right.data);
        case wire::IdType::ipv4_addr:
        case wire::IdType::ipv6_addr:
        case wire::IdType::der_asn1_gn:
        case wire::IdType::key_id:
        case wire::IdType::null:
            break;
    }
    return left.data == right.data;
}

bool is_pattern(const wire::Identification& id) {
    const std::string text = as_text(id.data);
    switch (id.type) {
        case wire::IdType::fqdn:  // two labels at least behind it
            return text.starts_with("*.") && text.find('.', 2) != std::string_view::npos &&
                   text.find('*', 1) == std::string_view::npos;
        case wire::IdType::rfc822_addr:
            return text.starts_with("*@") && text.find('*', 1) == std::string_view::npos;
        case wire::IdType::der_asn1_dn: {
            const auto name = crypto::dn_text(id.data);
            return name && (name->ends_with("=*") || name->find("=*,") != std::string::npos);
        }
        default:
            return false;
    }
}

bool matches_pattern(const wire::Identification& pattern, const wire::Identification& id) {
    if (pattern.type != id.type || !is_pattern(pattern)) {
        return false;
    }
    switch (pattern.type) {
        case wire::IdType::fqdn:
            return ends_like(as_text(pattern.data), as_text(id.data), '.');
        case wire::IdType::rfc822_addr:
            return ends_like(as_text(pattern.data), as_text(id.data), '@');
        default:
            return crypto::matches_dn(pattern.data, id.data);
    }
}

bool certifies(const crypto::Certificate& certificate, const wire::Identification& id) {
    switch (id.type) {
        case wire::IdType::fqdn:
            return certificate.has_dns_name(as_text(id.data));
        case wire::IdType::rfc822_addr:
            return certificate.has_email(as_text(id.data));
        case wire::IdType::ipv4_addr:
        case wire::IdType::ipv6_addr: {
            const auto address = IpAddress::from_bytes(id.data);
            return address && certificate.has_address(*address);
        }
        case wire::IdType::der_asn1_dn:
            return certificate.has_subject(id.data);
        case wire::IdType::der_asn1_gn:
        case wire::IdType::key_id:
        case wire::IdType::null:
            break;
    }
    return false;
}

}  // namespace ike::auth
