// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/auth/credentials.hpp"
#include "ike/crypto/prf.hpp"

namespace ike::auth {

/// RFC 7296 2.15: prf(prf(Shared Secret, "Key Pad for IKEv2"), <octets to sign>).
crypto::SecretBytes shared_key_mic(const PreSharedKey& key, crypto::PrfId prf, ByteView octets);

}  // namespace ike::auth
