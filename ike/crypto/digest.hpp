// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/crypto/error.hpp"
#include "ike/crypto/secret.hpp"

#include <initializer_list>

namespace ike::crypto {

/// 20 bytes. Only where IKEv2 fixes it and nothing rests on its strength: the hashes of NAT
/// detection (RFC 7296 2.23) and the names of CAs in CERTREQ (RFC 7296 3.7).
Bytes sha1(ByteView message);

/// 20 bytes of part | part | ..., in memory that is wiped: for MS-CHAP-V2, which is built on it
/// (RFC 2759, RFC 3079).
SecretBytes secret_sha1(std::initializer_list<ByteView> parts);

/// 16 bytes of part | part | ...: for EAP MD5-Challenge (RFC 1994 4.1), and nothing else may use
/// it. `unsupported` where the system's policy has taken it out of OpenSSL.
Result<Bytes, CryptoError> md5(std::initializer_list<ByteView> parts);

}  // namespace ike::crypto
