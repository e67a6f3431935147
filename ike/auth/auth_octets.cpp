// SPDX-License-Identifier: Apache-2.0
#include "ike/auth/authenticate.hpp"

namespace ike::auth {

Bytes signed_octets(crypto::PrfId prf, ByteView message, ByteView peer_nonce, ByteView sk_p,
                    const wire::Identification& id) {
    // RFC 7296 2.15: MACedIDForI = prf(SK_pi, RestOfInitIDPayload), which is the ID payload without
    // its generic header; likewise for the responder.
    const crypto::SecretBytes maced_id = crypto::prf(prf, sk_p, {id.encode()});
    return Writer().put(message).put(peer_nonce).put(maced_id.view()).release();
}

std::string_view name(AuthError error) {
    switch (error) {
        case AuthError::authentication_failed:
            return "the proof of identity is wrong";
        case AuthError::untrusted_ca:
            return "no trusted CA stands behind the certificate";
        case AuthError::certificate_expired:
            return "certificate has expired";
        case AuthError::certificate_not_yet_valid:
            return "certificate is not yet valid";
        case AuthError::wrong_identity:
            return "the identity is not the expected one";
        case AuthError::no_certificate:
            return "no certificate was sent";
        case AuthError::unsupported_method:
            return "unsupported authentication method";
        case AuthError::weak_signature:
            return "signature or certificate is too weak";
        case AuthError::no_signature_hash:
            return "the peer announces no hash but SHA-1 that our key could sign with";
        case AuthError::certificate_purpose:
            return "the certificate is not made for this use";
        case AuthError::unknown_extension:
            return "the certificate has a critical extension that is not known";
        case AuthError::bad_chain:
            return "the certificate's chain is broken";
        case AuthError::crypto_failure:
            return "our own key could not sign";
    }
    return "unknown error";
}

}  // namespace ike::auth
