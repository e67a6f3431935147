// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/wire/error.hpp"

#include <cstdint>
#include <string>

namespace ike::wire {

/// RFC 7296 3.5, ID Type. Unknown numbers are legal values.
enum class IdType : std::uint8_t {
    ipv4_addr = 1,
    fqdn = 2,
    rfc822_addr = 3,
    ipv6_addr = 5,
    der_asn1_dn = 9,
    der_asn1_gn = 10,
    key_id = 11,
    null = 13,  // RFC 7619
};

/// "ID_FQDN", or "ID(99)" for a number without a name.
std::string name(IdType type);

/// The identity that somebody claims to have, RFC 7296 3.5.
struct Identification {
    IdType type{};
    Bytes data;

    /// For people and logs: the address, the name (what can't be printed as \xNN), or the type and
    /// hexadecimal digits.
    [[nodiscard]] std::string text() const;

    /// The body of the payload. AUTH is computed over it: RestOfInitIDPayload and
    /// RestOfRespIDPayload of RFC 7296 2.15.
    [[nodiscard]] Bytes encode() const;
    /// Fails if the data is none of its type: an address of the wrong size, a name with a NUL.
    static Result<Identification, WireError> decode(ByteView body);

    friend bool operator==(const Identification&, const Identification&) = default;
};

struct IdiPayload {
    Identification id;

    [[nodiscard]] Bytes encode() const { return id.encode(); }
    static Result<IdiPayload, WireError> decode(ByteView body);

    friend bool operator==(const IdiPayload&, const IdiPayload&) = default;
};

struct IdrPayload {
    Identification id;

    [[nodiscard]] Bytes encode() const { return id.encode(); }
    static Result<IdrPayload, WireError> decode(ByteView body);

    friend bool operator==(const IdrPayload&, const IdrPayload&) = default;
};

}  // namespace ike::wire
