// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/crypto/cipher.hpp"
#include "ike/crypto/openssl.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace ike::crypto {

/// The work of a kind of cipher behind seal() and open(); sizes are checked before.
class Cipher::Engine {
  public:
    Engine() = default;
    virtual ~Engine() = default;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    virtual void seal(const Sealed& packet, std::span<std::uint8_t> icv) = 0;
    virtual bool open(const Sealed& packet, ByteView icv) = 0;
};

// The two kinds of Cipher::Engine. Keys have the sizes of the suite; null if OpenSSL lacks it.

/// AES-GCM and ChaCha20-Poly1305: nonce = salt | IV.
std::unique_ptr<Cipher::Engine> make_aead(const CipherSuite& suite, ByteView key);

/// AES-CBC, and HMAC over what it made.
std::unique_ptr<Cipher::Engine> make_encrypt_then_mac(const CipherSuite& suite, ByteView key,
                                                      ByteView integrity_key);

enum class Direction { encrypt, decrypt };

/// A context that has the key and lacks the IV; null on failure.
CipherContextPtr keyed_context(const CipherSuite& suite, ByteView key, Direction direction);

/// Runs `text` through the context in place.
bool transform(EVP_CIPHER_CTX* context, std::span<std::uint8_t> text);

}  // namespace ike::crypto
