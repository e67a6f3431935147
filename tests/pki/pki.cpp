// SPDX-License-Identifier: Apache-2.0
#include "tests/pki/pki.hpp"

#include "ike/base/expects.hpp"
#include "ike/crypto/distinguished_name.hpp"
#include "ike/crypto/openssl.hpp"
#include "ike/crypto/x509_text.hpp"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include <array>
#include <utility>

namespace tests {

namespace {

using namespace ike;
using namespace ike::crypto;

using X509Ptr = Owned<X509, X509_free>;
using ExtensionPtr = Owned<X509_EXTENSION, X509_EXTENSION_free>;

KeyPtr generate(const std::string& key) {
    if (key.starts_with("RSA-")) {
        return KeyPtr(EVP_RSA_gen(std::stoul(key.substr(4))));
    }
    if (key == "PSS") {
        const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr));
        EVP_PKEY* made = nullptr;
        EVP_PKEY_keygen_init(context.get());
        EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), 2048);
        EVP_PKEY_generate(context.get(), &made);
        return KeyPtr(made);
    }
    if (key == "ED448") {
        return KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"));
    }
    return KeyPtr(key == "ED25519" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                                   : EVP_EC_gen(key.c_str()));
}

template <class Write>
std::string pem(Write write) {
    const BioPtr out(BIO_new(BIO_s_mem()));
    expects(write(out.get()) == 1, "PEM is written");
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

using LibraryPtr = Owned<OSSL_LIB_CTX, OSSL_LIB_CTX_free>;
using ProviderPtr = Owned<OSSL_PROVIDER, OSSL_PROVIDER_unload>;
void free_stack(STACK_OF(X509) * stack) {
    sk_X509_free(stack);
}

template <class Write>
Bytes der(Write write) {
    unsigned char* encoded = nullptr;
    const int size = write(&encoded);
    const Owned<unsigned char, free_encoding> owner(encoded);
    expects(size > 0, "DER is written");
    return {encoded, encoded + size};
}

KeyPtr key_of(const Issued& issued) {
    const BioPtr in(
        BIO_new_mem_buf(issued.key_pem.data(), static_cast<int>(issued.key_pem.size())));
    return KeyPtr(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
}

NamePtr name_of(const std::string& subject) {
    const Bytes der = encode_dn(subject).value();
    const unsigned char* at = der.data();
    return NamePtr(d2i_X509_NAME(nullptr, &at, static_cast<long>(der.size())));
}

void add_extension(X509* x509, X509* issuer, int nid, const std::string& value) {
    if (value.empty()) {
        return;
    }
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
    const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    expects(extension != nullptr, "the extension is written right");
    X509_add_ext(x509, extension.get(), -1);
}

void add_unknown_critical(X509* x509) {
    const Owned<ASN1_OBJECT, ASN1_OBJECT_free> type(OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1));
    const Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> value(ASN1_OCTET_STRING_new());
    constexpr std::array<unsigned char, 2> null{5, 0};
    ASN1_OCTET_STRING_set(value.get(), null.data(), static_cast<int>(null.size()));
    const ExtensionPtr extension(X509_EXTENSION_create_by_OBJ(nullptr, type.get(), 1, value.get()));
    X509_add_ext(x509, extension.get(), -1);
}

void set_time(ASN1_TIME* time, std::chrono::sys_days day) {
    ASN1_TIME_set(time, std::chrono::system_clock::to_time_t(day));
}

/// `issuer` null: signed by its own key.
Issued make(const CertificateOrder& order, X509* issuer, EVP_PKEY* issuer_key, const KeyPtr& key) {
    static long serial = 1;
    const X509Ptr x509(X509_new());
    X509* const signer = issuer == nullptr ? x509.get() : issuer;
    EVP_PKEY* const signing_key = issuer_key == nullptr ? key.get() : issuer_key;
    X509_set_version(x509.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), serial++);
    X509_set_subject_name(x509.get(), name_of(order.subject).get());
    X509_set_issuer_name(x509.get(), X509_get_subject_name(signer));
    set_time(X509_getm_notBefore(x509.get()), order.not_before);
    set_time(X509_getm_notAfter(x509.get()), order.not_after);
    X509_set_pubkey(x509.get(), key.get());
    const std::string limit = order.path_length.empty() ? "" : ",pathlen:" + order.path_length;
    add_extension(x509.get(), signer, NID_basic_constraints,
                  order.is_ca ? "critical,CA:TRUE" + limit : "");
    add_extension(x509.get(), signer, NID_name_constraints, order.name_constraints);
    add_extension(x509.get(), signer, NID_key_usage, order.key_usage);
    add_extension(x509.get(), signer, NID_ext_key_usage, order.extended_key_usage);
    if (order.unknown_critical) {
        add_unknown_critical(x509.get());
    }
    add_extension(x509.get(), signer, NID_subject_alt_name, order.alt_names);
    add_extension(x509.get(), signer, NID_subject_key_identifier, "hash");
    if (issuer != nullptr) {
        add_extension(x509.get(), signer, NID_authority_key_identifier, "keyid");
    }
    const EVP_MD* const digest =
        EVP_PKEY_is_a(signing_key, "ED25519") == 1 || EVP_PKEY_is_a(signing_key, "ED448") == 1
            ? nullptr
            : EVP_get_digestbyname(order.digest.c_str());
    expects(X509_sign(x509.get(), signing_key, digest) > 0, "the certificate is signed");
    return {pem([&](BIO* out) { return PEM_write_bio_X509(out, x509.get()); }), pem([&](BIO* out) {
                return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr,
                                                nullptr);
            })};
}

}  // namespace

Certificate Issued::certificate() const {
    return Certificate::all_from_pem(certificate_pem).operator*().front();
}

PrivateKey Issued::key() const {
    auto key = PrivateKey::decode(SecretBytes::copy_of(as_bytes(key_pem)));
    expects(key.ok(), "the key that was made is read");
    return *std::move(key);
}

Issued self_signed(CertificateOrder order) {
    order.is_ca = true;
    return make(order, nullptr, nullptr, generate(order.key));
}

Issued issue(const Issued& issuer, const CertificateOrder& order) {
    const KeyPtr issuer_key = key_of(issuer);
    return make(order, issuer.certificate().native(), issuer_key.get(), generate(order.key));
}

Issued issue_again(const Issued& issuer, const CertificateOrder& order, const Issued& owner) {
    const KeyPtr issuer_key = key_of(issuer);
    return make(order, issuer.certificate().native(), issuer_key.get(), key_of(owner));
}

Bytes pkcs12(const Issued& owner, const std::vector<Issued>& others, const std::string& password,
             bool legacy) {
    // RC2 is in the legacy provider alone.
    const LibraryPtr library(OSSL_LIB_CTX_new());
    const ProviderPtr usual(OSSL_PROVIDER_load(library.get(), "default"));
    const ProviderPtr old(OSSL_PROVIDER_load(library.get(), "legacy"));
    const Owned<STACK_OF(X509), free_stack> stack(sk_X509_new_null());
    std::vector<Certificate> held;
    for (const Issued& other : others) {
        held.push_back(other.certificate());
        sk_X509_push(stack.get(), held.back().native());
    }
    const int certificate_cipher = legacy ? NID_pbe_WithSHA1And40BitRC2_CBC : 0;
    const int key_cipher = legacy ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : 0;
    const Owned<PKCS12, PKCS12_free> file(PKCS12_create_ex(
        password.c_str(), "alice", key_of(owner).get(), owner.certificate().native(), stack.get(),
        key_cipher, certificate_cipher, 0, 0, 0, library.get(), nullptr));
    expects(file != nullptr, "PKCS #12 is made");
    return der([&](unsigned char** out) { return i2d_PKCS12(file.get(), out); });
}

Bytes certificate_der(const Issued& issued) {
    return issued.certificate().der();
}

Bytes key_der(const Issued& issued) {
    const KeyPtr key = key_of(issued);
    return der([&](unsigned char** out) { return i2d_PrivateKey(key.get(), out); });
}

}  // namespace tests
