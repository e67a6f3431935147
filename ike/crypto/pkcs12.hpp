// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/certificate.hpp"
#include "ike/crypto/signature.hpp"

#include <optional>
#include <vector>

namespace ike::crypto {

/// What a PKCS #12 file (RFC 7292) holds: .p12 or .pfx.
struct Pkcs12 {
    std::optional<PrivateKey> key;
    std::vector<Certificate> certificates;  // that of the key first, where there is a key
};

/// `password` is UTF-8, and may be empty. `bad_encoding` for what is no such file,
/// `wrong_password`, `legacy_encryption` where it was made by a program of old, `unsupported` for
/// its kind of key.
Result<Pkcs12, CryptoError> read_pkcs12(const SecretBytes& file, ByteView password);

}  // namespace ike::crypto
