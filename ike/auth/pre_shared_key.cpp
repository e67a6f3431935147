// SPDX-License-Identifier: Apache-2.0
#include "ike/auth/pre_shared_key.hpp"

namespace ike::auth {

crypto::SecretBytes shared_key_mic(const PreSharedKey& key, crypto::PrfId prf, ByteView octets) {
    const crypto::SecretBytes padded =
        crypto::prf(prf, key.secret.view(), {as_bytes("Key Pad for IKEv2")});
    return crypto::prf(prf, padded.view(), {octets});
}

}  // namespace ike::auth
