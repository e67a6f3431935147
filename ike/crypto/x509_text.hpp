// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/crypto/openssl.hpp"

#include <string>

namespace ike::crypto {

Bytes der_of(const X509_NAME* name);

/// In the order of the DER: "C=CH, O=Example, CN=vpn.example.org".
std::string text_of(const X509_NAME* name);

/// Gives back what an i2d_ function allocated.
inline void free_encoding(unsigned char* encoding) {
    OPENSSL_free(encoding);
}

}  // namespace ike::crypto
