// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace ike::crypto {

/// Why a cryptographic operation could not be done.
enum class CryptoError : std::uint8_t {
    unsupported,        // an algorithm, curve or key type that we don't speak
    bad_key_size,       // a key of the wrong length for its algorithm
    bad_public_value,   // a peer's key exchange value that RFC 6989 tells us to refuse
    bad_encoding,       // PEM or DER that can't be read
    encrypted_key,      // a private key behind a passphrase, which nobody is there to type
    wrong_password,     // of a PKCS #12 file
    legacy_encryption,  // RC2 or the like, and OpenSSL's legacy provider is not installed
    wrong_key,          // the key can't make a signature of that algorithm
    internal,           // the library failed: out of memory or of entropy
};

/// A short phrase for logs.
std::string_view name(CryptoError error);

}  // namespace ike::crypto
