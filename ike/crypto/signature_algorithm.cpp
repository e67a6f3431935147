// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/openssl.hpp"
#include "ike/crypto/signature.hpp"
#include "ike/crypto/signature_scheme.hpp"

#include <openssl/objects.h>

#include <algorithm>

namespace ike::crypto {

namespace {

// RFC 7427 A.1, A.3, A.4 and RFC 8420 A: the AlgorithmIdentifiers as they stand on the wire.

template <std::uint8_t last>
constexpr std::array<std::uint8_t, 15> rsa_pkcs1_identifier = {
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last, 0x05, 0x00};

template <std::uint8_t last>
constexpr std::array<std::uint8_t, 12> ecdsa_identifier = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                                           0x48, 0xce, 0x3d, 0x04, 0x03, last};

template <std::uint8_t hash, std::uint8_t salt_size>
constexpr std::array<std::uint8_t, 67> rsa_pss_identifier = {
    0x30, 0x41, 0x06, 0x09, 0x2a,     0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a,  // RSASSA-PSS
    0x30, 0x34, 0xa0, 0x0f, 0x30,     0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,  // hash
    0x03, 0x04, 0x02, hash, 0x05,     0x00,                                            //
    0xa1, 0x1c, 0x30, 0x1a, 0x06,     0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,  // MGF1
    0x01, 0x08, 0x30, 0x0d, 0x06,     0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,  //
    0x02, hash, 0x05, 0x00,                                                            //
    0xa2, 0x03, 0x02, 0x01, salt_size};  // salt length

constexpr std::array<std::uint8_t, 7> ed25519_identifier = {0x30, 0x05, 0x06, 0x03,
                                                            0x2b, 0x65, 0x70};

constexpr std::array<std::uint8_t, 7> ed448_identifier = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x71};

using enum SignatureAlgorithm;
constexpr std::array schemes = {
    SignatureScheme{rsa_pkcs1_sha1,
                    SignatureHash::sha1,
                    SignatureForm::pkcs1,
                    "SHA1",
                    "RSA-PKCS1-SHA1",
                    {},
                    NID_sha1WithRSAEncryption},
    SignatureScheme{rsa_pkcs1_sha2_256, SignatureHash::sha2_256, SignatureForm::pkcs1, "SHA2-256",
                    "RSA-PKCS1-SHA2-256", rsa_pkcs1_identifier<0x0b>, NID_sha256WithRSAEncryption},
    SignatureScheme{rsa_pkcs1_sha2_384, SignatureHash::sha2_384, SignatureForm::pkcs1, "SHA2-384",
                    "RSA-PKCS1-SHA2-384", rsa_pkcs1_identifier<0x0c>, NID_sha384WithRSAEncryption},
    SignatureScheme{rsa_pkcs1_sha2_512, SignatureHash::sha2_512, SignatureForm::pkcs1, "SHA2-512",
                    "RSA-PKCS1-SHA2-512", rsa_pkcs1_identifier<0x0d>, NID_sha512WithRSAEncryption},
    SignatureScheme{rsa_pss_sha2_256, SignatureHash::sha2_256, SignatureForm::pss, "SHA2-256",
                    "RSASSA-PSS-SHA2-256", rsa_pss_identifier<1, 32>, NID_sha256},
    SignatureScheme{rsa_pss_sha2_384, SignatureHash::sha2_384, SignatureForm::pss, "SHA2-384",
                    "RSASSA-PSS-SHA2-384", rsa_pss_identifier<2, 48>, NID_sha384},
    SignatureScheme{rsa_pss_sha2_512, SignatureHash::sha2_512, SignatureForm::pss, "SHA2-512",
                    "RSASSA-PSS-SHA2-512", rsa_pss_identifier<3, 64>, NID_sha512},
    SignatureScheme{ecdsa_sha2_256, SignatureHash::sha2_256, SignatureForm::ecdsa_der, "SHA2-256",
                    "ECDSA-SHA2-256", ecdsa_identifier<2>, NID_ecdsa_with_SHA256},
    SignatureScheme{ecdsa_sha2_384, SignatureHash::sha2_384, SignatureForm::ecdsa_der, "SHA2-384",
                    "ECDSA-SHA2-384", ecdsa_identifier<3>, NID_ecdsa_with_SHA384},
    SignatureScheme{ecdsa_sha2_512, SignatureHash::sha2_512, SignatureForm::ecdsa_der, "SHA2-512",
                    "ECDSA-SHA2-512", ecdsa_identifier<4>, NID_ecdsa_with_SHA512},
    SignatureScheme{ecdsa_p256,
                    SignatureHash::sha2_256,
                    SignatureForm::ecdsa_pair,
                    "SHA2-256",
                    "ECDSA-256",
                    {},
                    NID_undef},
    SignatureScheme{ecdsa_p384,
                    SignatureHash::sha2_384,
                    SignatureForm::ecdsa_pair,
                    "SHA2-384",
                    "ECDSA-384",
                    {},
                    NID_undef},
    SignatureScheme{ecdsa_p521,
                    SignatureHash::sha2_512,
                    SignatureForm::ecdsa_pair,
                    "SHA2-512",
                    "ECDSA-521",
                    {},
                    NID_undef},
    SignatureScheme{ed25519, SignatureHash::identity, SignatureForm::eddsa, nullptr, "ED25519",
                    ed25519_identifier, NID_ED25519},
    SignatureScheme{ed448, SignatureHash::identity, SignatureForm::eddsa, nullptr, "ED448",
                    ed448_identifier, NID_ED448},
};

std::optional<SignatureAlgorithm> find_by_nid(int nid, bool is_pss) {
    const auto* const found = std::ranges::find_if(schemes, [&](const SignatureScheme& scheme) {
        return scheme.nid == nid && nid != NID_undef &&
               (scheme.form == SignatureForm::pss) == is_pss;
    });
    return found == schemes.end() ? std::nullopt : std::optional(found->algorithm);
}

int nid_of(const X509_ALGOR* identifier) {
    const ASN1_OBJECT* object = nullptr;
    X509_ALGOR_get0(&object, nullptr, nullptr, identifier);
    return OBJ_obj2nid(object);
}

using PssParameters = Owned<RSA_PSS_PARAMS, RSA_PSS_PARAMS_free>;
using AlgorithmIdentifier = Owned<X509_ALGOR, X509_ALGOR_free>;

AlgorithmIdentifier unpack(const ASN1_TYPE* sequence) {
    return AlgorithmIdentifier(
        static_cast<X509_ALGOR*>(ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(X509_ALGOR), sequence)));
}

/// RFC 4055 3.1: which hash, and the same one in MGF1; left out they would mean SHA-1.
std::optional<SignatureAlgorithm> pss_algorithm(const ASN1_TYPE* parameters) {
    const PssParameters pss(static_cast<RSA_PSS_PARAMS*>(
        ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(RSA_PSS_PARAMS), parameters)));
    if (!pss || pss->hashAlgorithm == nullptr || pss->maskGenAlgorithm == nullptr ||
        nid_of(pss->maskGenAlgorithm) != NID_mgf1) {
        return std::nullopt;
    }
    const AlgorithmIdentifier mask_hash = unpack(pss->maskGenAlgorithm->parameter);
    const int hash = nid_of(pss->hashAlgorithm);
    if (!mask_hash || nid_of(mask_hash.get()) != hash) {
        return std::nullopt;
    }
    return find_by_nid(hash, true);
}

}  // namespace

const SignatureScheme& scheme_of(SignatureAlgorithm algorithm) {
    return *std::ranges::find(schemes, algorithm, &SignatureScheme::algorithm);
}

SignatureHash hash_of(SignatureAlgorithm algorithm) {
    return scheme_of(algorithm).hash;
}

std::string_view name(SignatureAlgorithm algorithm) {
    return scheme_of(algorithm).name;
}

ByteView algorithm_identifier(SignatureAlgorithm algorithm) {
    return scheme_of(algorithm).identifier;
}

std::optional<SignatureAlgorithm> algorithm_of(ByteView identifier) {
    const unsigned char* at = identifier.data();
    const AlgorithmIdentifier decoded(
        d2i_X509_ALGOR(nullptr, &at, static_cast<long>(identifier.size())));
    if (!decoded || at != identifier.data() + identifier.size()) {
        return std::nullopt;
    }
    if (nid_of(decoded.get()) == NID_rsassaPss) {
        return pss_algorithm(decoded->parameter);
    }
    const int type =
        decoded->parameter == nullptr ? V_ASN1_UNDEF : ASN1_TYPE_get(decoded->parameter);
    const bool has_no_parameters = type == V_ASN1_UNDEF || type == V_ASN1_NULL;
    return has_no_parameters ? find_by_nid(nid_of(decoded.get()), false) : std::nullopt;
}

}  // namespace ike::crypto
