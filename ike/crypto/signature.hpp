// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/crypto/certificate.hpp"
#include "ike/crypto/error.hpp"
#include "ike/crypto/secret.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace ike::crypto {

/// RFC 7427 4 and RFC 8420 2: the hashes of SIGNATURE_HASH_ALGORITHMS. Unknown numbers are legal.
enum class SignatureHash : std::uint16_t {
    sha1 = 1,
    sha2_256 = 2,
    sha2_384 = 3,
    sha2_512 = 4,
    identity = 5,  // the message itself, as Ed25519 and Ed448 want it
};

enum class SignatureAlgorithm : std::uint8_t {
    rsa_pkcs1_sha1,  // only with the old authentication method 1
    rsa_pkcs1_sha2_256,
    rsa_pkcs1_sha2_384,
    rsa_pkcs1_sha2_512,
    rsa_pss_sha2_256,
    rsa_pss_sha2_384,
    rsa_pss_sha2_512,
    ecdsa_sha2_256,  // RFC 7427 A.3: any curve; the signature is the DER of ECDSA-Sig-Value
    ecdsa_sha2_384,
    ecdsa_sha2_512,
    ecdsa_p256,  // RFC 4754: one curve and one hash; the signature is r | s, padded
    ecdsa_p384,
    ecdsa_p521,
    ed25519,
    ed448,
};

SignatureHash hash_of(SignatureAlgorithm algorithm);

/// "RSASSA-PSS-SHA2-256"
std::string_view name(SignatureAlgorithm algorithm);

/// The DER of the AlgorithmIdentifier that RFC 7427 3 puts before the signature; empty for those of
/// the old methods.
ByteView algorithm_identifier(SignatureAlgorithm algorithm);
/// The algorithm that a peer's AlgorithmIdentifier stands for, if it is one of ours. Absent and
/// NULL parameters are the same, as is any salt length of PSS (RFC 4055 2.1, 3.1).
std::optional<SignatureAlgorithm> algorithm_of(ByteView identifier);

/// The kinds of keys we sign and verify with.
enum class KeyKind : std::uint8_t {
    rsa,
    rsa_pss,  // signs by RSASSA-PSS and not otherwise (RFC 4055 1.2)
    ecdsa_p256,
    ecdsa_p384,
    ecdsa_p521,
    ed25519,
    ed448,
};

/// The kind of the public key in a certificate; none for other kinds.
std::optional<KeyKind> key_kind(const Certificate& certificate);

/// A private key to sign AUTH with.
class PrivateKey {
  public:
    /// PKCS #8 or the older forms, PEM or DER, unencrypted. `encrypted_key` where a passphrase is
    /// wanted.
    static Result<PrivateKey, CryptoError> decode(const SecretBytes& file);

    ~PrivateKey();
    PrivateKey(PrivateKey&& other) noexcept;
    PrivateKey& operator=(PrivateKey&& other) noexcept;
    PrivateKey(const PrivateKey&) = delete;
    PrivateKey& operator=(const PrivateKey&) = delete;

    [[nodiscard]] KeyKind kind() const { return kind_; }
    /// Whether this is the private half of the certificate's key.
    [[nodiscard]] bool belongs_to(const Certificate& certificate) const;

    /// `wrong_key` if a key of this kind does not make such signatures.
    [[nodiscard]] Result<Bytes, CryptoError> sign(SignatureAlgorithm algorithm,
                                                  ByteView message) const;
    /// For the sources of ike/crypto alone.
    [[nodiscard]] evp_pkey_st* native() const;

  private:
    struct State;
    PrivateKey(std::unique_ptr<State> state, KeyKind kind);

    std::unique_ptr<State> state_;
    KeyKind kind_;
};

/// Whether the owner of the certificate's key made this signature over this message.
bool verify(const Certificate& certificate, SignatureAlgorithm algorithm, ByteView message,
            ByteView signature);

}  // namespace ike::crypto
