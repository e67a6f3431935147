// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/identification.hpp"

#include "ike/base/ip.hpp"

#include <algorithm>
#include <optional>

namespace ike::wire {

namespace {

bool is_name(IdType type) {
    return type == IdType::fqdn || type == IdType::rfc822_addr;
}

/// The one size that an address of this type has, if it is one.
std::optional<std::size_t> address_size(IdType type) {
    switch (type) {
        case IdType::ipv4_addr:
            return 4;
        case IdType::ipv6_addr:
            return 16;
        case IdType::fqdn:
        case IdType::rfc822_addr:
        case IdType::der_asn1_dn:
        case IdType::der_asn1_gn:
        case IdType::key_id:
        case IdType::null:
            return std::nullopt;
    }
    return std::nullopt;
}

/// A peer chooses these bytes: nothing of them may steer a terminal or break a log line.
std::string printable(ByteView bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        const bool plain = byte > 0x20 && byte < 0x7f && byte != '\\';
        text += plain ? std::string(1, static_cast<char>(byte)) : "\\x" + to_hex({&byte, 1});
    }
    return text;
}

}  // namespace

std::string Identification::text() const {
    if (is_name(type)) {
        return printable(data);
    }
    const auto address = IpAddress::from_bytes(data);
    if (address && address_size(type) == data.size()) {
        return address->text();
    }
    return data.empty() ? name(type) : name(type) + ":" + to_hex(data);
}

Bytes Identification::encode() const {
    Writer writer;
    writer.u8(static_cast<std::uint8_t>(type)).zeros(3).put(data);
    return writer.release();
}

Result<Identification, WireError> Identification::decode(ByteView body) {
    Reader reader(body);
    Identification id;
    id.type = static_cast<IdType>(reader.u8());
    reader.take(3);  // RFC 7296 3.5: reserved, ignored on receipt
    const ByteView data = reader.rest();
    if (!reader.ok()) {
        return Fail{WireError::truncated};
    }
    if (const auto size = address_size(id.type); size && *size != data.size()) {
        return Fail{WireError::bad_length};
    }
    // RFC 7296 3.5: a name holds no terminators. One with a NUL in it could be read as another.
    if (is_name(id.type) && std::ranges::find(data, 0) != data.end()) {
        return Fail{WireError::bad_value};
    }
    id.data.assign(data.begin(), data.end());
    return id;
}

Result<IdiPayload, WireError> IdiPayload::decode(ByteView body) {
    auto id = Identification::decode(body);
    if (!id) {
        return Fail{id.error()};
    }
    return IdiPayload{std::move(*id)};
}

Result<IdrPayload, WireError> IdrPayload::decode(ByteView body) {
    auto id = Identification::decode(body);
    if (!id) {
        return Fail{id.error()};
    }
    return IdrPayload{std::move(*id)};
}

std::string name(IdType type) {
    using enum IdType;
    switch (type) {
        case ipv4_addr:
            return "ID_IPV4_ADDR";
        case fqdn:
            return "ID_FQDN";
        case rfc822_addr:
            return "ID_RFC822_ADDR";
        case ipv6_addr:
            return "ID_IPV6_ADDR";
        case der_asn1_dn:
            return "ID_DER_ASN1_DN";
        case der_asn1_gn:
            return "ID_DER_ASN1_GN";
        case key_id:
            return "ID_KEY_ID";
        case null:
            return "ID_NULL";
    }
    return "ID(" + std::to_string(static_cast<unsigned>(type)) + ")";
}

}  // namespace ike::wire
