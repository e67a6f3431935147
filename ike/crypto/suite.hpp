// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ike::crypto {

// The algorithms we speak, by their numbers in the IANA registry "IKEv2 Transform Type Values".
// Those that RFC 8247 2 and RFC 8221 5 have given up are insecure(): only a person who writes them
// out gets them.

enum class EncryptionId : std::uint16_t { aes_cbc = 12, aes_gcm_16 = 20, chacha20_poly1305 = 28 };

enum class PrfId : std::uint16_t {
    hmac_sha1 = 2,  // insecure
    hmac_sha2_256 = 5,
    hmac_sha2_384 = 6,
    hmac_sha2_512 = 7,
};

enum class IntegrityId : std::uint16_t {
    none = 0,
    hmac_sha1_96 = 2,  // insecure
    hmac_sha2_256_128 = 12,
    hmac_sha2_384_192 = 13,
    hmac_sha2_512_256 = 14,
};

enum class GroupId : std::uint16_t {
    modp_1024 = 2,  // insecure, and so is 1536
    modp_1536 = 5,
    modp_2048 = 14,
    modp_3072 = 15,
    modp_4096 = 16,
    ecp_256 = 19,
    ecp_384 = 20,
    ecp_521 = 21,
    modp_2048_256 = 24,  // RFC 5114 2.3; insecure: nobody knows how its primes were made
    curve25519 = 31,
};

/// How packets of an IKE SA or a Child SA are encrypted and authenticated. Sizes are in bytes.
struct CipherSuite {
    EncryptionId encryption{};
    std::uint16_t key_bits = 0;  // 128 or 256 for AES, always 256 for ChaCha20
    IntegrityId integrity = IntegrityId::none;

    [[nodiscard]] bool is_aead() const { return encryption != EncryptionId::aes_cbc; }
    /// Of SK_e and of the encryption key of KEYMAT, with the salt that an AEAD has behind its key.
    [[nodiscard]] std::size_t key_size() const;
    [[nodiscard]] std::size_t salt_size() const { return is_aead() ? 4 : 0; }
    [[nodiscard]] std::size_t integrity_key_size() const;
    /// Of the IV that travels in the packet.
    [[nodiscard]] std::size_t iv_size() const { return is_aead() ? 8 : 16; }
    [[nodiscard]] std::size_t icv_size() const;
    /// The plaintext is padded to a multiple of this.
    [[nodiscard]] std::size_t block_size() const { return is_aead() ? 1 : 16; }

    friend bool operator==(const CipherSuite&, const CipherSuite&) = default;
};

struct IkeSuite {
    CipherSuite cipher;
    PrfId prf{};
    GroupId group{};

    friend bool operator==(const IkeSuite&, const IkeSuite&) = default;
};

/// Whether a number that a peer sent, or a whole suite, is one of ours. A suite needs an integrity
/// algorithm exactly if its cipher is no AEAD (RFC 7296 3.3.3), and a key size that exists.
bool supported(EncryptionId id);
bool supported(PrfId id);
bool supported(IntegrityId id);
bool supported(GroupId id);
bool supported(const CipherSuite& suite);

/// Whether it is given up, and spoken with gateways that have nothing else.
bool insecure(PrfId id);
bool insecure(IntegrityId id);
bool insecure(GroupId id);

/// Whether the transform carries a Key Length attribute: ChaCha20's must not (RFC 7634 5).
bool has_key_length(EncryptionId id);

// Names for people: "AES-GCM-16-256", "AES-CBC-128/HMAC-SHA2-256-128", "PRF-HMAC-SHA2-384",
// "ECP-256".
std::string_view name(PrfId id);
std::string_view name(IntegrityId id);
std::string_view name(GroupId id);
std::string name(const CipherSuite& suite);
std::string name(const IkeSuite& suite);

}  // namespace ike::crypto
