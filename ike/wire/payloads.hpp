// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/base/strong.hpp"
#include "ike/wire/certificate.hpp"
#include "ike/wire/error.hpp"
#include "ike/wire/identification.hpp"
#include "ike/wire/notify.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// The payloads that are little more than bytes. Each `encode` makes the body behind the generic
// payload header, each `decode` reads exactly such a body.
namespace ike::wire {

/// RFC 7296 3.4: the public value of a key exchange. Whether its size fits the group is for the
/// crypto to say.
struct KePayload {
    std::uint16_t group = 0;  // transform ID of type KE, for example 31 for Curve25519
    Bytes data;

    [[nodiscard]] Bytes encode() const;
    static Result<KePayload, WireError> decode(ByteView body);

    friend bool operator==(const KePayload&, const KePayload&) = default;
};

inline constexpr std::size_t min_nonce_size = 16;   // RFC 7296 3.9
inline constexpr std::size_t max_nonce_size = 256;  // RFC 7296 3.9

/// RFC 7296 3.9, Ni and Nr.
struct NoncePayload {
    Bytes data;

    [[nodiscard]] Bytes encode() const { return data; }
    static Result<NoncePayload, WireError> decode(ByteView body);

    friend bool operator==(const NoncePayload&, const NoncePayload&) = default;
};

/// RFC 7296 3.8. Unknown numbers are legal values.
enum class AuthMethod : std::uint8_t {
    rsa_signature = 1,
    shared_key_mic = 2,
    dss = 3,
    ecdsa_p256 = 9,  // RFC 4754, this and the next two
    ecdsa_p384 = 10,
    ecdsa_p521 = 11,
    null = 13,               // RFC 7619
    digital_signature = 14,  // RFC 7427
};

/// "Digital Signature", or "AUTH(99)" for a number without a name.
std::string name(AuthMethod method);

/// RFC 7296 3.8.
struct AuthPayload {
    AuthMethod method{};
    Bytes data;

    [[nodiscard]] Bytes encode() const;
    static Result<AuthPayload, WireError> decode(ByteView body);

    friend bool operator==(const AuthPayload&, const AuthPayload&) = default;
};

/// More than any gateway keeps for one IKE SA; a delete of all of them still fits.
inline constexpr std::size_t max_delete_spis = 128;

/// RFC 7296 3.11: the sender's inbound SAs that are gone; of protocol IKE, the IKE SA that the
/// message belongs to, and no SPI.
struct DeletePayload {
    ProtocolId protocol = ProtocolId::none;
    std::vector<ChildSpi> spis;

    [[nodiscard]] Bytes encode() const;
    static Result<DeletePayload, WireError> decode(ByteView body);

    friend bool operator==(const DeletePayload&, const DeletePayload&) = default;
};

/// RFC 7296 3.12.
struct VendorIdPayload {
    Bytes data;

    [[nodiscard]] Bytes encode() const { return data; }
    static Result<VendorIdPayload, WireError> decode(ByteView body);

    friend bool operator==(const VendorIdPayload&, const VendorIdPayload&) = default;
};

/// RFC 7296 3.16: one whole EAP packet (RFC 3748 4), whose own length field has been checked.
struct EapPayload {
    Bytes data;

    [[nodiscard]] Bytes encode() const { return data; }
    static Result<EapPayload, WireError> decode(ByteView body);

    friend bool operator==(const EapPayload&, const EapPayload&) = default;
};

}  // namespace ike::wire
