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
