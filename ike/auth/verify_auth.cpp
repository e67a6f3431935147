// SPDX-License-Identifier: Apache-2.0
#include "ike/auth/authenticate.hpp"
#include "ike/auth/identity.hpp"
#include "ike/auth/pre_shared_key.hpp"
#include "ike/base/overloaded.hpp"

#include <algorithm>
#include <array>

namespace ike::auth {

namespace {

using crypto::Certificate;
using crypto::CertificateError;
using crypto::SignatureAlgorithm;
using wire::AuthMethod;

AuthError error_of(CertificateError error) {
    switch (error) {
        case CertificateError::expired:
            return AuthError::certificate_expired;
        case CertificateError::not_yet_valid:
            return AuthError::certificate_not_yet_valid;
        case CertificateError::weak:
            return AuthError::weak_signature;
        case CertificateError::wrong_purpose:
            return AuthError::certificate_purpose;
        case CertificateError::unknown_extension:
            return AuthError::unknown_extension;
        case CertificateError::bad_signature:
        case CertificateError::no_issuer:
        case CertificateError::malformed:
            return AuthError::bad_chain;
        case CertificateError::untrusted_ca:
            break;
    }
    return AuthError::untrusted_ca;
}

Result<void, AuthError> accept_if(bool right) {
    if (!right) {
        return Fail{AuthError::authentication_failed};
    }
    return {};
}

/// RFC 7296 3.8 leaves the hash of method 1 to the signer. One with SHA-1 is right and still no
/// proof (RFC 8247 3.2), unless somebody has asked for it.
Result<void, AuthError> verify_rsa(const Certificate& signer, const PeerProof& proof, bool sha1) {
    using enum SignatureAlgorithm;
    constexpr std::array candidates = {rsa_pkcs1_sha2_256, rsa_pkcs1_sha2_384, rsa_pkcs1_sha2_512};
    const auto made_by = [&](SignatureAlgorithm algorithm) {
        return crypto::verify(signer, algorithm, proof.octets, proof.auth.data);
    };
    if (made_by(rsa_pkcs1_sha1)) {
        return sha1 ? Result<void, AuthError>() : Fail{AuthError::weak_signature};
    }
    return accept_if(std::ranges::any_of(candidates, made_by));
}

Result<void, AuthError> verify_digital_signature(const Certificate& signer,
                                                 const PeerProof& proof) {
    Reader reader(proof.auth.data);
    const ByteView identifier = reader.take(reader.u8());
    const ByteView signature = reader.rest();
    if (!reader.ok()) {
        return Fail{AuthError::authentication_failed};
    }
    const auto algorithm = crypto::algorithm_of(identifier);
    if (!algorithm) {
        return Fail{AuthError::unsupported_method};
    }
    // RFC 8247 3: SHA-1 MUST NOT be used here, and we never announce it.
    if (crypto::hash_of(*algorithm) == crypto::SignatureHash::sha1) {
        return Fail{AuthError::weak_signature};
    }
    return accept_if(crypto::verify(signer, *algorithm, proof.octets, signature));
}

Result<void, AuthError> verify_signature(const Certificate& signer, const PeerProof& proof,
                                         bool sha1) {
    const auto verify_ecdsa = [&](SignatureAlgorithm algorithm) {
        return accept_if(crypto::verify(signer, algorithm, proof.octets, proof.auth.data));
    };
    switch (proof.auth.method) {
        case AuthMethod::rsa_signature:
            return verify_rsa(signer, proof, sha1);
        case AuthMethod::digital_signature:
            return verify_digital_signature(signer, proof);
        case AuthMethod::ecdsa_p256:
            return verify_ecdsa(SignatureAlgorithm::ecdsa_p256);
        case AuthMethod::ecdsa_p384:
            return verify_ecdsa(SignatureAlgorithm::ecdsa_p384);
        case AuthMethod::ecdsa_p521:
            return verify_ecdsa(SignatureAlgorithm::ecdsa_p521);
        case AuthMethod::shared_key_mic:
        case AuthMethod::dss:
        case AuthMethod::null:
            break;
    }
    return Fail{AuthError::unsupported_method};
}

Result<void, AuthError> verify_certified(const TrustedCas& trust, bool sha1, const PeerProof& proof,
                                         std::chrono::system_clock::time_point at) {
    if (proof.certificates.empty()) {
        return Fail{AuthError::no_certificate};
    }
    // RFC 7296 3.6: the first certificate holds the key that AUTH was signed with.
    const Certificate& signer = proof.certificates.front();
    const auto intermediates = std::span(proof.certificates).subspan(1);
    const auto chain = crypto::verify_chain(signer, intermediates, trust.certificates, at);
    if (!chain) {
        return Fail{error_of(chain.error())};
    }
    if (!certifies(signer, proof.id)) {
        return Fail{AuthError::wrong_identity};
    }
    return verify_signature(signer, proof, sha1);
}

bool is_expected(const GatewayTrust& trust, const wire::Identification& id) {
    switch (trust.rule) {
        case IdentityRule::exact:
            return same_identity(trust.id, id);
        case IdentityRule::wildcard:
            return matches_pattern(trust.id, id);
        case IdentityRule::any:
            return true;
    }
    return false;
}

}  // namespace

Result<void, AuthError> verify_mic(const PreSharedKey& key, const PeerProof& proof) {
    if (proof.auth.method != AuthMethod::shared_key_mic) {
        return Fail{AuthError::unsupported_method};
    }
    const crypto::SecretBytes expected = shared_key_mic(key, proof.prf, proof.octets);
    return accept_if(crypto::equal_secret(expected.view(), proof.auth.data));
}

Result<void, AuthError> verify_auth(const GatewayTrust& trust, const PeerProof& proof,
                                    std::chrono::system_clock::time_point at) {
    if (!is_expected(trust, proof.id)) {
        return Fail{AuthError::wrong_identity};
    }
    return std::visit(
        Overloaded{
            [&](const PreSharedKey& key) { return verify_mic(key, proof); },
            [&](const TrustedCas& cas) { return verify_certified(cas, trust.sha1, proof, at); },
        },
        trust.proof);
}

}  // namespace ike::auth
