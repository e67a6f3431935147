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
};

/// Whom we take for the gateway, and what it has to prove it by.
struct GatewayTrust {
    wire::Identification id;
    std::variant<PreSharedKey, TrustedCas> proof;
    bool sha1 = false;  // its AUTH may be an RSA signature with SHA-1: insecure
};

}  // namespace ike::auth
