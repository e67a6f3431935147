// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/crypto/error.hpp"
#include "ike/crypto/secret.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

/// The computations of MS-CHAP-V2 (RFC 2759 8) and of its keys (RFC 3079 3).
namespace ike::eap {

inline constexpr std::size_t mschap_challenge_size = 16;
inline constexpr std::size_t nt_response_size = 24;

/// RFC 2759 8.3: MD4 over the password as UTF-16, least byte first. None: `password` is not UTF-8,
/// or has more characters than RFC 2759 4 takes.
std::optional<crypto::SecretBytes> nt_password_hash(ByteView password);

/// What both sides have said. Each challenge has 16 bytes.
struct MsChapExchange {
    ByteView authenticator_challenge;
    ByteView peer_challenge;
    std::string_view user_name;  // with its domain ("EXAMPLE\alice") or without
};

/// RFC 2759 8.1.
Result<Bytes, crypto::CryptoError> nt_response(const MsChapExchange& exchange,
                                               const crypto::SecretBytes& password_hash);

/// RFC 2759 8.7: the 20 bytes by which the gateway shows that it knows the password.
crypto::SecretBytes authenticator_response(const MsChapExchange& exchange,
                                           const crypto::SecretBytes& password_hash,
                                           ByteView nt_response);

/// RFC 3079 3.3, 3.4 with keys of 128 bits: what the peer sends by, what it receives by, and zeros
/// up to the 64 bytes of an MSK (RFC 3748 7.10).
crypto::SecretBytes mschap_msk(const crypto::SecretBytes& password_hash, ByteView nt_response);

}  // namespace ike::eap
