// SPDX-License-Identifier: Apache-2.0
#include "ike/base/expects.hpp"
#include "ike/crypto/cipher_engines.hpp"
#include "ike/crypto/secret.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ike::crypto {

namespace {

constexpr std::size_t tag_size = 16;

class Aead final : public Cipher::Engine {
  public:
    Aead(CipherContextPtr sealing, CipherContextPtr opening, ByteView salt)
        : sealing_(std::move(sealing)), opening_(std::move(opening)) {
        std::ranges::copy(salt, nonce_.begin());
    }
    ~Aead() override { cleanse(nonce_); }
    Aead(const Aead&) = delete;
    Aead& operator=(const Aead&) = delete;

    void seal(const Sealed& packet, std::span<std::uint8_t> icv) override {
        const bool sealed =
            start(sealing_.get(), packet) && transform(sealing_.get(), packet.text) &&
            finish(sealing_.get()) &&
            EVP_CIPHER_CTX_ctrl(sealing_.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, icv.data()) == 1;
        expects(sealed, "an AEAD seals what fits its sizes");
    }

    bool open(const Sealed& packet, ByteView icv) override {
        std::array<std::uint8_t, tag_size> tag{};
        std::ranges::copy(icv, tag.begin());
        const bool opened =
            start(opening_.get(), packet) && transform(opening_.get(), packet.text) &&
            EVP_CIPHER_CTX_ctrl(opening_.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1 &&
            finish(opening_.get());
        if (!opened) {
            cleanse(packet.text);  // it is decrypted by now, and nobody vouches for it
        }
        return opened;
    }

  private:
    /// A new packet: its nonce (RFC 4106 4, RFC 7634 2), and what is authenticated only.
    bool start(EVP_CIPHER_CTX* context, const Sealed& packet) {
        std::ranges::copy(packet.iv, nonce_.end() - static_cast<std::ptrdiff_t>(packet.iv.size()));
        int size = 0;
        return EVP_CipherInit_ex2(context, nullptr, nullptr, nonce_.data(), -1, nullptr) == 1 &&
               (packet.associated_data.empty() ||
                EVP_CipherUpdate(context, nullptr, &size, packet.associated_data.data(),
                                 static_cast<int>(packet.associated_data.size())) == 1);
    }

    static bool finish(EVP_CIPHER_CTX* context) {
        std::array<std::uint8_t, tag_size> nothing{};
        int size = 0;
        return EVP_CipherFinal_ex(context, nothing.data(), &size) == 1;
    }

    CipherContextPtr sealing_;
    CipherContextPtr opening_;
    std::array<std::uint8_t, 12> nonce_{};  // salt | IV
};

}  // namespace

std::unique_ptr<Cipher::Engine> make_aead(const CipherSuite& suite, ByteView key) {
    const ByteView bare_key = key.first(key.size() - suite.salt_size());
    auto sealing = keyed_context(suite, bare_key, Direction::encrypt);
    auto opening = keyed_context(suite, bare_key, Direction::decrypt);
    if (!sealing || !opening) {
        return nullptr;
    }
    return std::make_unique<Aead>(std::move(sealing), std::move(opening),
                                  key.last(suite.salt_size()));
}

}  // namespace ike::crypto
