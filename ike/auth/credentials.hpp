// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/certificate.hpp"
#include "ike/crypto/secret.hpp"
#include "ike/crypto/signature.hpp"
#include "ike/eap/credentials.hpp"
#include "ike/wire/identification.hpp"

#include <variant>
#include <vector>

namespace ike::auth {

struct PreSharedKey {
    crypto::SecretBytes secret;
};

struct CertificateKey {
    std::vector<crypto::Certificate> chain;  // the end entity first, then intermediate CAs
    crypto::PrivateKey key;
    /// RFC 8247 3.2 deprecates it: an RSA key signs with SHA-1 where the gateway knows nothing
    /// else.
    bool sha1 = false;
};

/// Our identity, and the means to prove it.
struct LocalCredentials {
    wire::Identification id;
    std::variant<PreSharedKey, CertificateKey, eap::Credentials> proof;
};

struct TrustedCas {
    std::vector<crypto::Certificate> certificates;
    /// Name each in CERTREQ (RFC 7296 3.7). False: it is empty, for there are too many.
    bool named = true;
};

/// How the gateway's IDr has to be the configured identity.
enum class IdentityRule : std::uint8_t {
    exact,
    wildcard,  // "*.example.org", "*@example.org", "O=Example, CN=*"
    any,       // whatever the certificate holds
};

/// Whom we take for the gateway, and what it has to prove it by.
struct GatewayTrust {
    wire::Identification id;
    std::variant<PreSharedKey, TrustedCas> proof;
    IdentityRule rule = IdentityRule::exact;
    bool send_id = true;  // as IDr in our request (RFC 7296 3.5): which of its names we mean
    bool sha1 = false;    // its AUTH may be an RSA signature with SHA-1: insecure
};

}  // namespace ike::auth
