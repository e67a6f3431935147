// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/wire/error.hpp"

#include <cstddef>
#include <cstdint>

namespace ike::wire {

/// RFC 7296 3.6. Unknown numbers are legal values.
enum class CertEncoding : std::uint8_t {
    pkcs7_wrapped_x509 = 1,
    pgp = 2,
    dns_signed_key = 3,
    x509_signature = 4,  // one certificate in DER
    kerberos_token = 6,
    crl = 7,
    arl = 8,
    spki = 9,
    x509_attribute = 10,
    raw_rsa_key = 11,
    hash_and_url_x509 = 12,
    hash_and_url_bundle = 13,
    ocsp_content = 14,    // RFC 4806
    raw_public_key = 15,  // RFC 7670
};

/// RFC 7296 3.7: with x509_signature, `authorities` is a row of SHA-1 hashes of this size.
inline constexpr std::size_t authority_hash_size = 20;

/// RFC 7296 3.6. One certificate; a chain is several of these payloads, the end entity first.
struct CertPayload {
    CertEncoding encoding{};
    Bytes data;

    [[nodiscard]] Bytes encode() const;
    static Result<CertPayload, WireError> decode(ByteView body);

    friend bool operator==(const CertPayload&, const CertPayload&) = default;
};

/// RFC 7296 3.7: the authorities whose certificates the sender accepts; empty: no wish.
struct CertReqPayload {
    CertEncoding encoding{};
    Bytes authorities;

    [[nodiscard]] Bytes encode() const;
    static Result<CertReqPayload, WireError> decode(ByteView body);

    friend bool operator==(const CertReqPayload&, const CertReqPayload&) = default;
};

}  // namespace ike::wire
