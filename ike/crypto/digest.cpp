// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/digest.hpp"

#include "ike/base/expects.hpp"
#include "ike/crypto/openssl.hpp"

#include <openssl/evp.h>

namespace ike::crypto {

namespace {

constexpr std::size_t sha1_size = 20;
constexpr std::size_t md5_size = 16;

}  // namespace

Bytes sha1(ByteView message) {
    Bytes digest(sha1_size);
    const bool done = EVP_Q_digest(nullptr, "SHA1", nullptr, message.data(), message.size(),
                                   digest.data(), nullptr) == 1;
    expects(done, "SHA-1 is there");
    return digest;
}

SecretBytes secret_sha1(std::initializer_list<ByteView> parts) {
    const DigestContextPtr context(EVP_MD_CTX_new());
    bool done = context != nullptr && EVP_DigestInit_ex2(context.get(), EVP_sha1(), nullptr) == 1;
    for (const ByteView part : parts) {
        done = done && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
    }
    SecretBytes digest(sha1_size);
    done = done && EVP_DigestFinal_ex(context.get(), digest.bytes().data(), nullptr) == 1;
    expects(done, "SHA-1 is there");
    return digest;
}

Result<Bytes, CryptoError> md5(std::initializer_list<ByteView> parts) {
    const DigestContextPtr context(EVP_MD_CTX_new());
    bool done = context != nullptr && EVP_DigestInit_ex2(context.get(), EVP_md5(), nullptr) == 1;
    for (const ByteView part : parts) {
        done = done && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
    }
    Bytes digest(md5_size);
    if (!done || EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
        return Fail{CryptoError::unsupported};
    }
    return digest;
}

}  // namespace ike::crypto
