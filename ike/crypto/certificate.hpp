// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/ip.hpp"
#include "ike/base/result.hpp"
#include "ike/crypto/error.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct x509_st;  // OpenSSL's X509

namespace ike::crypto {

/// An X.509 certificate; a copy shares the parsed form.
class Certificate {
  public:
    static Result<Certificate, CryptoError> from_der(ByteView der);
    /// All certificates of a PEM text in their order; at least one, else `bad_encoding`. What else
    /// stands there is passed over.
    static Result<std::vector<Certificate>, CryptoError> all_from_pem(std::string_view pem);
    /// Likewise of a file that is PEM, or DER and then one certificate.
    static Result<std::vector<Certificate>, CryptoError> all_from(ByteView file);

    [[nodiscard]] Bytes der() const;
    /// "C=CH, O=Example, CN=vpn.example.org": for people, and nothing to decide by.
    [[nodiscard]] std::string subject() const;
    /// The DER of the subject name, the form of an ID_DER_ASN1_DN.
    [[nodiscard]] Bytes subject_der() const;
    [[nodiscard]] std::chrono::system_clock::time_point not_before() const;
    [[nodiscard]] std::chrono::system_clock::time_point not_after() const;

    // RFC 4945 3.1: an identity stands in subjectAltName, or is the whole subject; a CN alone is
    // none. Wildcards are not expanded.
    [[nodiscard]] bool has_dns_name(std::string_view name) const;
    [[nodiscard]] bool has_email(std::string_view address) const;
    [[nodiscard]] bool has_address(const IpAddress& address) const;
    [[nodiscard]] bool has_subject(ByteView der) const;

    /// Its name and key identifier are those of the other's issuer. No signature is looked at.
    [[nodiscard]] bool may_have_issued(const Certificate& other) const;

    /// SHA-1 of SubjectPublicKeyInfo: how CERTREQ names a CA (RFC 7296 3.7). 20 bytes.
    [[nodiscard]] Bytes key_hash() const;

    /// For the sources of ike/crypto alone.
    [[nodiscard]] x509_st* native() const { return x509_.get(); }

  private:
    explicit Certificate(std::shared_ptr<x509_st> x509) : x509_(std::move(x509)) {}

    std::shared_ptr<x509_st> x509_;
};

/// Why a certificate is not to be trusted.
enum class CertificateError : std::uint8_t {
    untrusted_ca,       // no chain leads to a CA that is trusted
    expired,            // this one or one above it
    not_yet_valid,      // this one or one above it
    bad_signature,      // not signed by the CA whose name it carries
    weak,               // a key or a hash below 112 bits of strength: RSA under 2048 bits, SHA-1
    wrong_purpose,      // key usage or extended key usage does not allow IKE signatures
    no_issuer,          // what issued it may not issue certificates, or not this one
    unknown_extension,  // critical, so nobody may go by a certificate that has it (RFC 5280 4.2)
    malformed,          // anything else that is wrong with the chain
};

/// A short phrase for logs.
std::string_view name(CertificateError error);

/// Finds a chain from `leaf` over `intermediates` to one of `trusted`, and checks it as of `at`
/// (RFC 5280 6, RFC 4945 5.1), and whether the leaf may prove a gateway. An intermediate CA may be
/// trusted by itself. Does not ask whether a certificate was revoked.
Result<void, CertificateError> verify_chain(const Certificate& leaf,
                                            std::span<const Certificate> intermediates,
                                            std::span<const Certificate> trusted,
                                            std::chrono::system_clock::time_point at);

}  // namespace ike::crypto
