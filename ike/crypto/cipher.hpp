// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/crypto/error.hpp"
#include "ike/crypto/suite.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace ike::crypto {

/// The parts of one packet that a cipher looks at. `text` is encrypted or decrypted in place.
struct Sealed {
    ByteView associated_data;      // authenticated, not encrypted
    ByteView iv;                   // iv_size() bytes, as they travel in the packet
    std::span<std::uint8_t> text;  // a multiple of block_size()
    ByteView mac_trailer;  // authenticated behind the text without being sent: the high half
                           // of an ESN under AES-CBC (RFC 4303 2.2.1); empty with an AEAD
};

/// One key of one direction, ready to work: made once, then used for every packet. With an AEAD no
/// packet allocates; HMAC beside AES-CBC does inside OpenSSL 3.0, which copies its state. Serves SK
/// payloads (RFC 7296 3.14, RFC 5282) and ESP (RFC 4303, 4106, 7634) alike. Never call seal() twice
/// with one IV. Not for two threads at once.
class Cipher {
  public:
    /// `key` has key_size() bytes: an AEAD's salt stands at its end (RFC 4106 8.1, RFC 7634 2).
    /// `integrity_key` has integrity_key_size() bytes, so an AEAD's is empty.
    static Result<Cipher, CryptoError> make(const CipherSuite& suite, ByteView key,
                                            ByteView integrity_key);

    ~Cipher();
    Cipher(Cipher&& other) noexcept;
    Cipher& operator=(Cipher&& other) noexcept;
    Cipher(const Cipher&) = delete;
    Cipher& operator=(const Cipher&) = delete;

    [[nodiscard]] const CipherSuite& suite() const { return suite_; }

    /// Encrypts packet.text and writes its ICV. Sizes that don't fit the suite are a fault of ours.
    void seal(const Sealed& packet, std::span<std::uint8_t> icv);

    /// Checks the ICV and decrypts. False for anything that is not exactly what the peer sealed,
    /// and then the text is of no use to anybody. With AES-CBC a false ICV leaves it as it was.
    [[nodiscard]] bool open(const Sealed& packet, ByteView icv);

    class Engine;  // what the kinds of ciphers do differently

  private:
    Cipher(const CipherSuite& suite, std::unique_ptr<Engine> engine);

    CipherSuite suite_;
    std::unique_ptr<Engine> engine_;
};

}  // namespace ike::crypto
