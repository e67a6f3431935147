// SPDX-License-Identifier: Apache-2.0
#include "ike/auth/authenticate.hpp"
#include "ike/auth/pre_shared_key.hpp"
#include "ike/base/overloaded.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace ike::auth {

namespace {

using crypto::KeyKind;
using crypto::SignatureAlgorithm;
using crypto::SignatureHash;
using wire::AuthMethod;
using wire::AuthPayload;

/// The ways a key can sign by RFC 7427, the best first: of ECDSA the hash as strong as its curve.
/// RSA signs by PKCS #1 v1.5, which every peer that speaks RFC 7427 reads; not all of them read
/// PSS.
std::array<SignatureAlgorithm, 3> algorithms_of(KeyKind kind) {
    using enum SignatureAlgorithm;
    switch (kind) {
        case KeyKind::rsa:
            return {rsa_pkcs1_sha2_256, rsa_pkcs1_sha2_384, rsa_pkcs1_sha2_512};
        case KeyKind::rsa_pss:
            return {rsa_pss_sha2_256, rsa_pss_sha2_384, rsa_pss_sha2_512};
        case KeyKind::ecdsa_p256:
            return {ecdsa_sha2_256, ecdsa_sha2_384, ecdsa_sha2_512};
        case KeyKind::ecdsa_p384:
            return {ecdsa_sha2_384, ecdsa_sha2_512, ecdsa_sha2_256};
        case KeyKind::ecdsa_p521:
            return {ecdsa_sha2_512, ecdsa_sha2_384, ecdsa_sha2_256};
        case KeyKind::ed448:
            return {ed448, ed448, ed448};
        case KeyKind::ed25519:
            break;
    }
    return {ed25519, ed25519, ed25519};
}

std::optional<SignatureAlgorithm> choose(KeyKind kind, std::span<const SignatureHash> peer_hashes) {
    for (const SignatureAlgorithm algorithm : algorithms_of(kind)) {
        if (std::ranges::count(peer_hashes, crypto::hash_of(algorithm)) > 0) {
            return algorithm;
        }
    }
    return std::nullopt;
}

struct OldMethod {
    AuthMethod method;
    SignatureAlgorithm algorithm;
};

std::optional<OldMethod> old_method(KeyKind kind, bool sha1) {
    switch (kind) {
        case KeyKind::ecdsa_p256:
            return OldMethod{AuthMethod::ecdsa_p256, SignatureAlgorithm::ecdsa_p256};
        case KeyKind::ecdsa_p384:
            return OldMethod{AuthMethod::ecdsa_p384, SignatureAlgorithm::ecdsa_p384};
        case KeyKind::ecdsa_p521:
            return OldMethod{AuthMethod::ecdsa_p521, SignatureAlgorithm::ecdsa_p521};
        case KeyKind::rsa:  // RFC 7296 3.8
            return sha1 ? std::optional(OldMethod{AuthMethod::rsa_signature,
                                                  SignatureAlgorithm::rsa_pkcs1_sha1})
                        : std::nullopt;
        case KeyKind::rsa_pss:  // as of RFC 7427 only
        case KeyKind::ed25519:  // RFC 8420 knows these by RFC 7427 alone
        case KeyKind::ed448:
            break;
    }
    return std::nullopt;
}

/// RFC 7427 3: the size of the AlgorithmIdentifier in one byte, the AlgorithmIdentifier, the
/// signature.
AuthPayload digital_signature(SignatureAlgorithm algorithm, ByteView signature) {
    const ByteView identifier = crypto::algorithm_identifier(algorithm);
    Writer data;
    data.u8(static_cast<std::uint8_t>(identifier.size())).put(identifier).put(signature);
    return {AuthMethod::digital_signature, data.release()};
}

Result<AuthPayload, AuthError> sign(const CertificateKey& certificate, ByteView octets,
                                    std::span<const SignatureHash> peer_hashes) {
    const crypto::PrivateKey& key = certificate.key;
    const auto chosen = choose(key.kind(), peer_hashes);
    const auto old = old_method(key.kind(), certificate.sha1);
    if (!chosen && !old) {
        return Fail{AuthError::no_signature_hash};
    }
    const auto signature = key.sign(chosen ? *chosen : old->algorithm, octets);
    if (!signature) {
        return Fail{AuthError::crypto_failure};
    }
    return chosen ? digital_signature(*chosen, *signature) : AuthPayload{old->method, *signature};
}

}  // namespace

Result<AuthPayload, AuthError> make_auth(const LocalCredentials& credentials, ByteView octets,
                                         crypto::PrfId prf,
                                         std::span<const SignatureHash> peer_hashes) {
    return std::visit(Overloaded{
                          [&](const PreSharedKey& key) -> Result<AuthPayload, AuthError> {
                              const crypto::SecretBytes mic = shared_key_mic(key, prf, octets);
                              return AuthPayload{AuthMethod::shared_key_mic,
                                                 Bytes(mic.view().begin(), mic.view().end())};
                          },
                          [&](const CertificateKey& certificate) {
                              return sign(certificate, octets, peer_hashes);
                          },
                          [](const eap::Credentials&) -> Result<AuthPayload, AuthError> {
                              return Fail{AuthError::unsupported_method};
                          },
                      },
                      credentials.proof);
}

}  // namespace ike::auth
