// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/certificate.hpp"
#include "ike/crypto/signature.hpp"

#include <chrono>
#include <string>
#include <vector>

/// A certification authority for tests: real keys and certificates, made on the spot by OpenSSL.
namespace tests {

/// Names of OpenSSL's: "RSA-2048", "RSA-1024", "P-256", "P-384", "P-521", "ED25519",
/// "ED448", "PSS" (RSA-PSS of 2048 bits).
struct CertificateOrder {
    std::string subject = "O=Test, CN=vpn.example.org";
    std::string key = "P-256";
    std::string alt_names = {};           // "DNS:vpn.example.org,email:a@example.org,IP:192.0.2.1"
    std::string key_usage = {};           // "digitalSignature"; empty: no such extension
    std::string extended_key_usage = {};  // "critical,clientAuth"; empty: no such extension
    bool unknown_critical = false;        // an extension that nobody knows, and critical
    bool is_ca = false;
    std::string path_length = {};       // "0"; empty: no limit
    std::string name_constraints = {};  // "permitted;DNS:example.org"
    std::string digest = "SHA256";
    std::chrono::sys_days not_before = std::chrono::year(2020) / 1 / 1;
    std::chrono::sys_days not_after = std::chrono::year(2040) / 1 / 1;
};

struct Issued {
    std::string certificate_pem;
    std::string key_pem;

    [[nodiscard]] ike::crypto::Certificate certificate() const;
    [[nodiscard]] ike::crypto::PrivateKey key() const;
};

/// A root CA, for the order's subject and key.
Issued self_signed(CertificateOrder order);

/// A certificate signed by `issuer`.
Issued issue(const Issued& issuer, const CertificateOrder& order);

/// Likewise for the key of `owner`, who has another certificate already.
Issued issue_again(const Issued& issuer, const CertificateOrder& order, const Issued& owner);

/// PKCS #12 of a key with its certificate and others. `legacy`: as programs of old encrypted it.
ike::Bytes pkcs12(const Issued& owner, const std::vector<Issued>& others,
                  const std::string& password, bool legacy = false);

ike::Bytes certificate_der(const Issued& issued);
ike::Bytes key_der(const Issued& issued);

}  // namespace tests
