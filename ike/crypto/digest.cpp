// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/digest.hpp"

#include "ike/base/expects.hpp"

#include <openssl/evp.h>

namespace ike::crypto {

Bytes sha1(ByteView message) {
    Bytes digest(20);
    const bool done = EVP_Q_digest(nullptr, "SHA1", nullptr, message.data(), message.size(),
                                   digest.data(), nullptr) == 1;
    expects(done, "SHA-1 is there");
    return digest;
}

}  // namespace ike::crypto
