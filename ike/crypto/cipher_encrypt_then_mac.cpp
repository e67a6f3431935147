// SPDX-License-Identifier: Apache-2.0
#include "ike/base/expects.hpp"
#include "ike/crypto/cipher_engines.hpp"
#include "ike/crypto/hmac.hpp"
#include "ike/crypto/secret.hpp"

#include <array>
#include <utility>

namespace ike::crypto {

namespace {

const char* digest_name(IntegrityId id) {
    switch (id) {
        case IntegrityId::hmac_sha1_96:
            return "SHA1";
        case IntegrityId::hmac_sha2_256_128:
            return "SHA2-256";
        case IntegrityId::hmac_sha2_384_192:
            return "SHA2-384";
        case IntegrityId::hmac_sha2_512_256:
            return "SHA2-512";
        case IntegrityId::none:
            break;
    }
    return "";
}

class EncryptThenMac final : public Cipher::Engine {
  public:
    EncryptThenMac(CipherContextPtr sealing, CipherContextPtr opening, Hmac hmac)
        : sealing_(std::move(sealing)), opening_(std::move(opening)), hmac_(std::move(hmac)) {}

    void seal(const Sealed& packet, std::span<std::uint8_t> icv) override {
        expects(crypt(sealing_.get(), packet), "AES-CBC encrypts whole blocks");
        authenticate(packet, icv);
    }

    bool open(const Sealed& packet, ByteView icv) override {
        std::array<std::uint8_t, max_hmac_size> buffer{};
        const auto expected = std::span(buffer).first(icv.size());
        authenticate(packet, expected);
        return equal_secret(expected, icv) && crypt(opening_.get(), packet);
    }

  private:
    static bool crypt(EVP_CIPHER_CTX* context, const Sealed& packet) {
        return EVP_CipherInit_ex2(context, nullptr, nullptr, packet.iv.data(), -1, nullptr) == 1 &&
               transform(context, packet.text);
    }

    /// RFC 4303 3.3.2.1, RFC 7296 3.14: the MAC covers the ciphertext and all that stands before
    /// it.
    void authenticate(const Sealed& packet, std::span<std::uint8_t> icv) {
        hmac_.start();
        hmac_.add(packet.associated_data);
        hmac_.add(packet.iv);
        hmac_.add(packet.text);
        hmac_.add(packet.mac_trailer);
        hmac_.finish(icv);
    }

    CipherContextPtr sealing_;
    CipherContextPtr opening_;
    Hmac hmac_;
};

}  // namespace

std::unique_ptr<Cipher::Engine> make_encrypt_then_mac(const CipherSuite& suite, ByteView key,
                                                      ByteView integrity_key) {
    auto sealing = keyed_context(suite, key, Direction::encrypt);
    auto opening = keyed_context(suite, key, Direction::decrypt);
    if (!sealing || !opening) {
        return nullptr;
    }
    return std::make_unique<EncryptThenMac>(std::move(sealing), std::move(opening),
                                            Hmac(digest_name(suite.integrity), integrity_key));
}

}  // namespace ike::crypto
