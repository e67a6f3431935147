// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/crypto/secret.hpp"

namespace ike::crypto {

/// MD4 of RFC 1320, 16 bytes. Broken as a hash; MS-CHAP-V2 (RFC 2759) makes its key of a password
/// by it, and nothing else may use it. Our own, for OpenSSL 3 has it in a module that may not be
/// there: docs/decisions/0006-md4-of-our-own.md.
SecretBytes md4(ByteView message);

}  // namespace ike::crypto
