// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/cipher.hpp"

#include "ike/base/expects.hpp"
#include "ike/crypto/cipher_engines.hpp"

#include <utility>

namespace ike::crypto {

namespace {

bool fits(const CipherSuite& suite, const Sealed& packet, std::size_t icv_size) {
    return packet.iv.size() == suite.iv_size() && icv_size == suite.icv_size() &&
           packet.text.size() % suite.block_size() == 0 &&
           (packet.mac_trailer.empty() || !suite.is_aead());
}

const char* algorithm_name(const CipherSuite& suite) {
    switch (suite.encryption) {
        case EncryptionId::aes_cbc:
            return suite.key_bits == 128 ? "AES-128-CBC" : "AES-256-CBC";
        case EncryptionId::aes_gcm_16:
            return suite.key_bits == 128 ? "AES-128-GCM" : "AES-256-GCM";
        case EncryptionId::chacha20_poly1305:
            return "ChaCha20-Poly1305";
    }
    return "";
}

}  // namespace

Cipher::Cipher(const CipherSuite& suite, std::unique_ptr<Engine> engine)
    : suite_(suite), engine_(std::move(engine)) {}
Cipher::~Cipher() = default;
Cipher::Cipher(Cipher&&) noexcept = default;
Cipher& Cipher::operator=(Cipher&&) noexcept = default;

Result<Cipher, CryptoError> Cipher::make(const CipherSuite& suite, ByteView key,
                                         ByteView integrity_key) {
    if (!supported(suite)) {
        return Fail{CryptoError::unsupported};
    }
    if (key.size() != suite.key_size() || integrity_key.size() != suite.integrity_key_size()) {
        return Fail{CryptoError::bad_key_size};
    }
    auto engine =
        suite.is_aead() ? make_aead(suite, key) : make_encrypt_then_mac(suite, key, integrity_key);
    if (!engine) {
        return Fail{CryptoError::internal};
    }
    return Cipher(suite, std::move(engine));
}

void Cipher::seal(const Sealed& packet, std::span<std::uint8_t> icv) {
    expects(fits(suite_, packet, icv.size()), "a packet to seal has the sizes of its suite");
    engine_->seal(packet, icv);
}

bool Cipher::open(const Sealed& packet, ByteView icv) {
    return fits(suite_, packet, icv.size()) && engine_->open(packet, icv);
}

CipherContextPtr keyed_context(const CipherSuite& suite, ByteView key, Direction direction) {
    const CipherPtr cipher(EVP_CIPHER_fetch(nullptr, algorithm_name(suite), nullptr));
    CipherContextPtr context(EVP_CIPHER_CTX_new());
    const bool ready = cipher && context &&
                       EVP_CipherInit_ex2(context.get(), cipher.get(), key.data(), nullptr,
                                          direction == Direction::encrypt ? 1 : 0, nullptr) == 1 &&
                       // IKE and ESP pad by rules of their own.
                       EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1;
    return ready ? std::move(context) : nullptr;
}

bool transform(EVP_CIPHER_CTX* context, std::span<std::uint8_t> text) {
    int size = 0;
    return text.empty() || EVP_CipherUpdate(context, text.data(), &size, text.data(),
                                            static_cast<int>(text.size())) == 1;
}

}  // namespace ike::crypto
