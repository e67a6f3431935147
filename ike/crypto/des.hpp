// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/crypto/error.hpp"

namespace ike::crypto {

inline constexpr std::size_t des_key_size = 7;  // without parity bits, as MS-CHAP-V2 has it
inline constexpr std::size_t des_block_size = 8;

/// One block by DES (FIPS 46-3) with a key of 56 bits. Only for MS-CHAP-V2 (RFC 2759 8.6), which is
/// built on it. Fails with `bad_key_size` if a size is another, `unsupported` if OpenSSL lacks
/// 3DES.
Result<Bytes, CryptoError> des_encrypt(ByteView key, ByteView block);

}  // namespace ike::crypto
