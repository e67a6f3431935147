// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/des.hpp"

#include "ike/crypto/openssl.hpp"
#include "ike/crypto/secret.hpp"

namespace ike::crypto {

namespace {

constexpr std::size_t full_key_size = 8;  // seven bits of key in each byte, and one of parity

/// The key three times: triple DES encrypts, decrypts and encrypts, so with one key it is DES.
/// OpenSSL 3 has DES by itself in its legacy module only.
SecretBytes three_keys(ByteView key) {
    std::uint64_t bits = 0;
    for (const std::uint8_t byte : key) {
        bits = bits << 8U | byte;
    }
    SecretBytes keys(3 * full_key_size);
    for (std::size_t index = 0; index < keys.size(); ++index) {
        const std::size_t shift = 7 * (full_key_size - 1 - index % full_key_size);
        keys.bytes()[index] = static_cast<std::uint8_t>((bits >> shift & 0x7fU) << 1U);
    }
    return keys;
}

}  // namespace

Result<Bytes, CryptoError> des_encrypt(ByteView key, ByteView block) {
    if (key.size() != des_key_size || block.size() != des_block_size) {
        return Fail{CryptoError::bad_key_size};
    }
    const CipherPtr cipher(EVP_CIPHER_fetch(nullptr, "DES-EDE3-ECB", nullptr));
    const CipherContextPtr context(EVP_CIPHER_CTX_new());
    const SecretBytes keys = three_keys(key);
    if (cipher == nullptr || context == nullptr ||
        EVP_EncryptInit_ex2(context.get(), cipher.get(), keys.view().data(), nullptr, nullptr) !=
            1 ||
        EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1) {
        return Fail{CryptoError::unsupported};
    }
    Bytes encrypted(des_block_size);
    int size = 0;
    if (EVP_EncryptUpdate(context.get(), encrypted.data(), &size, block.data(),
                          static_cast<int>(block.size())) != 1 ||
        size != static_cast<int>(des_block_size)) {
        return Fail{CryptoError::internal};
    }
    return encrypted;
}

}  // namespace ike::crypto
