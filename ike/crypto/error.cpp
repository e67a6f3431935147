// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/error.hpp"

namespace ike::crypto {

std::string_view name(CryptoError error) {
    switch (error) {
        case CryptoError::unsupported:
            return "unsupported algorithm";
        case CryptoError::bad_key_size:
            return "key of the wrong size";
        case CryptoError::bad_public_value:
            return "invalid public value";
        case CryptoError::bad_encoding:
            return "unreadable encoding";
        case CryptoError::encrypted_key:
            return "private key is protected by a passphrase";
        case CryptoError::wrong_password:
            return "wrong password";
        case CryptoError::legacy_encryption:
            return "encrypted in a way that is given up";
        case CryptoError::wrong_key:
            return "key does not fit the algorithm";
        case CryptoError::internal:
            return "failure of the cryptographic library";
    }
    return "unknown error";
}

}  // namespace ike::crypto
