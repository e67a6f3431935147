// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/certificate.hpp"
#include "ike/crypto/openssl.hpp"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <vector>

namespace ike::crypto {

namespace {

using StorePtr = Owned<X509_STORE, X509_STORE_free>;
using StoreContextPtr = Owned<X509_STORE_CTX, X509_STORE_CTX_free>;
// The stack owns only itself, not what lies on it.
void free_stack(STACK_OF(X509) * stack) {
    sk_X509_free(stack);
}
using StackPtr = Owned<STACK_OF(X509), free_stack>;

constexpr int strength_of_112_bits = 2;  // OpenSSL's level: RSA of 2048 bits, no SHA-1

CertificateError error_of(int code) {
    switch (code) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return CertificateError::expired;
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return CertificateError::not_yet_valid;
        case X509_V_ERR_CERT_SIGNATURE_FAILURE:
            return CertificateError::bad_signature;
        case X509_V_ERR_EE_KEY_TOO_SMALL:
        case X509_V_ERR_CA_KEY_TOO_SMALL:
        case X509_V_ERR_CA_MD_TOO_WEAK:
            return CertificateError::weak;
        case X509_V_ERR_INVALID_CA:
        case X509_V_ERR_INVALID_NON_CA:
        case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
        case X509_V_ERR_PATH_LENGTH_EXCEEDED:
        case X509_V_ERR_PERMITTED_VIOLATION:
        case X509_V_ERR_EXCLUDED_VIOLATION:
            return CertificateError::no_issuer;
        case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
            return CertificateError::unknown_extension;
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_CERT_UNTRUSTED:
            return CertificateError::untrusted_ca;
        default:
            return CertificateError::malformed;
    }
}

StorePtr store_of(std::span<const Certificate> trusted, std::chrono::system_clock::time_point at) {
    StorePtr store(X509_STORE_new());
    for (const Certificate& certificate : trusted) {
        X509_STORE_add_cert(store.get(), certificate.native());
    }
    X509_VERIFY_PARAM* const rules = X509_STORE_get0_param(store.get());
    X509_VERIFY_PARAM_set_time(rules, std::chrono::system_clock::to_time_t(at));
    X509_VERIFY_PARAM_set_auth_level(rules, strength_of_112_bits);
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    return store;
}

/// RFC 4945 5.1.3.2: a key usage, where there is one, must allow signatures.
bool may_sign(const Certificate& leaf) {
    return (X509_get_key_usage(leaf.native()) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0;
}

constexpr std::string_view ipsec_ike = "1.3.6.1.5.5.7.3.17";  // id-kp-ipsecIKE

/// RFC 4945 5.1.3.12 has ipsecIKE and "any". serverAuth stands beside them because most CAs, the
/// public ones first, issue nothing else to a gateway. The older OIDs for IPsec are deprecated
/// there.
bool allows_gateway(const ASN1_OBJECT* purpose) {
    const int nid = OBJ_obj2nid(purpose);
    std::array<char, 64> oid{};
    OBJ_obj2txt(oid.data(), static_cast<int>(oid.size()), purpose, 1);
    return nid == NID_server_auth || nid == NID_anyExtendedKeyUsage ||
           std::string_view(oid.data()) == ipsec_ike;
}

using PurposesPtr = Owned<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;

/// RFC 5280 4.2.1.12: an extended key usage, where there is one, critical or not, has to list a
/// purpose that a gateway may have.
bool may_be_gateway(const Certificate& leaf) {
    constexpr int none = -1;
    int found = none;
    const PurposesPtr purposes(static_cast<EXTENDED_KEY_USAGE*>(
        X509_get_ext_d2i(leaf.native(), NID_ext_key_usage, &found, nullptr)));
    if (purposes == nullptr) {
        return found == none;  // else one that can't be read, or two of them
    }
    for (int index = 0; index < sk_ASN1_OBJECT_num(purposes.get()); ++index) {
        if (allows_gateway(sk_ASN1_OBJECT_value(purposes.get(), index))) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::string_view name(CertificateError error) {
    switch (error) {
        case CertificateError::untrusted_ca:
            return "no trusted CA stands behind the certificate";
        case CertificateError::expired:
            return "certificate has expired";
        case CertificateError::not_yet_valid:
            return "certificate is not yet valid";
        case CertificateError::bad_signature:
            return "certificate is not signed by its issuer";
        case CertificateError::weak:
            return "certificate has a weak key or hash";
        case CertificateError::wrong_purpose:
            return "certificate is not meant for this use";
        case CertificateError::no_issuer:
            return "certificate was issued by one that may not issue it";
        case CertificateError::unknown_extension:
            return "certificate has a critical extension that is not known";
        case CertificateError::malformed:
            return "certificate is malformed";
    }
    return "unknown error";
}

namespace {

using Chain = std::vector<Certificate>;

/// One chain, the first that OpenSSL finds. When it is none, `dead_end` is the last intermediate on
/// it, if there is one.
Result<void, CertificateError> verify_one(const Certificate& leaf, const Chain& intermediates,
                                          X509_STORE* store, Chain::const_iterator& dead_end) {
    dead_end = intermediates.end();
    const StackPtr untrusted(sk_X509_new_null());
    for (const Certificate& certificate : intermediates) {
        sk_X509_push(untrusted.get(), certificate.native());
    }
    const StoreContextPtr context(X509_STORE_CTX_new());
    if (X509_STORE_CTX_init(context.get(), store, leaf.native(), untrusted.get()) != 1) {
        return Fail{CertificateError::malformed};
    }
    if (X509_verify_cert(context.get()) == 1) {
        return {};
    }
    const STACK_OF(X509)* const chain = X509_STORE_CTX_get0_chain(context.get());
    for (int index = sk_X509_num(chain) - 1; index > 0 && dead_end == intermediates.end();
         --index) {
        dead_end =
            std::ranges::find(intermediates, sk_X509_value(chain, index), &Certificate::native);
    }
    return Fail{error_of(X509_STORE_CTX_get_error(context.get()))};
}

/// More CAs than stand in a chain, and few enough that nobody keeps us busy by them.
constexpr int most_dead_ends = 8;

}  // namespace

Result<void, CertificateError> verify_chain(const Certificate& leaf,
                                            std::span<const Certificate> intermediates,
                                            std::span<const Certificate> trusted,
                                            std::chrono::system_clock::time_point at) {
    const StorePtr store = store_of(trusted, at);
    // OpenSSL takes the first issuer that fits and does not come back. Of a CA that was signed more
    // than once another certificate may lead on, so a dead end is left out and the way looked for
    // anew.
    Chain left(intermediates.begin(), intermediates.end());
    Chain::const_iterator dead_end;
    const auto first = verify_one(leaf, left, store.get(), dead_end);
    auto verdict = first;
    for (int tries = 0; !verdict && dead_end != left.end() && tries < most_dead_ends; ++tries) {
        left.erase(dead_end);
        verdict = verify_one(leaf, left, store.get(), dead_end);
    }
    if (!verdict) {
        return first;
    }
    if (!may_sign(leaf) || !may_be_gateway(leaf)) {
        return Fail{CertificateError::wrong_purpose};
    }
    return {};
}

}  // namespace ike::crypto
