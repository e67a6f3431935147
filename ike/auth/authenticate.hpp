// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/auth/credentials.hpp"
#include "ike/base/result.hpp"
#include "ike/crypto/prf.hpp"
#include "ike/wire/payloads.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ike::auth {

/// Why somebody's proof of identity is none, or why we can't make ours.
enum class AuthError : std::uint8_t {
    authentication_failed,  // a MIC or signature that is not right
    untrusted_ca,
    certificate_expired,
    certificate_not_yet_valid,
    wrong_identity,  // IDr is not the configured one, or not in the certificate
    no_certificate,
    unsupported_method,
    weak_signature,
    no_signature_hash,    // the peer verifies no hash that our key may sign with
    certificate_purpose,  // key usage or extended key usage does not allow this
    unknown_extension,    // critical, in a certificate of the chain
    bad_chain,            // a signature in the chain that is not right, or a CA that is none
    crypto_failure,       // our own key or library refused
};

/// A short phrase for logs.
std::string_view name(AuthError error);

/// RFC 7296 2.15: message | nonce of the other side | prf(SK_p, body of the ID payload). `message`
/// is one's own IKE_SA_INIT message as it went over the wire.
Bytes signed_octets(crypto::PrfId prf, ByteView message, ByteView peer_nonce, ByteView sk_p,
                    const wire::Identification& id);

/// Our AUTH payload. `peer_hashes` are those of its SIGNATURE_HASH_ALGORITHMS: with one that our
/// key can use RFC 7427 is spoken, without any the old methods of ECDSA (RFC 4754). The old method
/// of RSA would be SHA-1 (RFC 7296 3.8), which RFC 8247 3.2 deprecates, and whoever strips the
/// notify would choose it for us: an RSA key signs nothing then, unless `sha1` of our credentials
/// says so. A name and a password make no
/// AUTH; the key that EAP makes does, as a pre-shared key (RFC 7296 2.16).
Result<wire::AuthPayload, AuthError> make_auth(const LocalCredentials& credentials, ByteView octets,
                                               crypto::PrfId prf,
                                               std::span<const crypto::SignatureHash> peer_hashes);

/// The gateway's proof of its identity in IKE_AUTH.
struct PeerProof {
    wire::Identification id;
    wire::AuthPayload auth;
    std::vector<crypto::Certificate> certificates;  // in their order; the first is the end entity
    Bytes octets;                                   // what it has to have signed
    crypto::PrfId prf{};
};

/// Whether AUTH is the MIC by this key.
Result<void, AuthError> verify_mic(const PreSharedKey& key, const PeerProof& proof);

/// Whether the peer is the gateway we trust: the identity is the configured one (and in the
/// certificate's subjectAltName), the chain leads to a configured CA and is valid at `at`, and the
/// MIC or signature is right.
Result<void, AuthError> verify_auth(const GatewayTrust& trust, const PeerProof& proof,
                                    std::chrono::system_clock::time_point at);

}  // namespace ike::auth
