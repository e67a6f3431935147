// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/pkcs12.hpp"

#include "ike/crypto/openssl.hpp"
#include "ike/crypto/x509_text.hpp"

#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include <string>

namespace ike::crypto {

namespace {

using LibraryPtr = Owned<OSSL_LIB_CTX, OSSL_LIB_CTX_free>;
using ProviderPtr = Owned<OSSL_PROVIDER, OSSL_PROVIDER_unload>;
using FilePtr = Owned<PKCS12, PKCS12_free>;
using PrivateInfoPtr = Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
void free_all(STACK_OF(X509) * certificates) {
    sk_X509_pop_free(certificates, X509_free);
}
using CertificatesPtr = Owned<STACK_OF(X509), free_all>;
using X509Ptr = Owned<X509, X509_free>;

/// Old programs encrypt by RC2 and 3DES. These are looked for in a library context of its own, so
/// that nothing else ever gets them.
struct OldAlgorithms {
    LibraryPtr library{OSSL_LIB_CTX_new()};
    ProviderPtr usual{OSSL_PROVIDER_load(library.get(), "default")};
    ProviderPtr legacy{OSSL_PROVIDER_load(library.get(), "legacy")};
};

FilePtr decode(const SecretBytes& file, OSSL_LIB_CTX* library) {
    FilePtr empty(PKCS12_init_ex(NID_pkcs7_data, library, nullptr));
    PKCS12* into = empty.release();
    const unsigned char* at = file.view().data();
    PKCS12* const decoded = d2i_PKCS12(&into, &at, static_cast<long>(file.size()));
    if (decoded == nullptr) {
        return nullptr;  // `into` is freed then
    }
    return at == file.view().data() + file.size() ? FilePtr(decoded)
                                                  : (PKCS12_free(decoded), nullptr);
}

/// The password ends with a NUL for OpenSSL, and is wiped.
struct Terminated {
    explicit Terminated(ByteView password) : bytes(password.size() + 1) {
        std::copy(password.begin(), password.end(), bytes.bytes().begin());
    }
    [[nodiscard]] const char* text() const {
        return reinterpret_cast<const char*>(bytes.view().data());
    }
    SecretBytes bytes;
};

Result<PrivateKey, CryptoError> key_of(const EVP_PKEY* key) {
    const PrivateInfoPtr info(EVP_PKEY2PKCS8(key));
    const int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr) : 0;
    if (size <= 0) {
        return Fail{CryptoError::unsupported};
    }
    SecretBytes der(static_cast<std::size_t>(size));
    unsigned char* at = der.bytes().data();
    i2d_PKCS8_PRIV_KEY_INFO(info.get(), &at);
    return PrivateKey::decode(der);
}

void add(std::vector<Certificate>& to, const X509* x509) {
    unsigned char* encoded = nullptr;
    const int size = i2d_X509(x509, &encoded);
    const Owned<unsigned char, free_encoding> owner(encoded);
    if (size > 0) {
        if (auto certificate = Certificate::from_der({encoded, static_cast<std::size_t>(size)})) {
            to.push_back(*std::move(certificate));
        }
    }
}

Result<Pkcs12, CryptoError> parse(PKCS12* file, const Terminated& password) {
    EVP_PKEY* key = nullptr;
    X509* own = nullptr;
    STACK_OF(X509)* others = nullptr;
    const bool parsed = PKCS12_parse(file, password.text(), &key, &own, &others) == 1;
    const KeyPtr key_owner(key);
    const X509Ptr own_owner(own);
    const CertificatesPtr others_owner(others);
    if (!parsed) {
        return Fail{CryptoError::legacy_encryption};
    }
    Pkcs12 content;
    if (key != nullptr) {
        auto decoded = key_of(key);
        if (!decoded) {
            return Fail{decoded.error()};
        }
        content.key = *std::move(decoded);
    }
    if (own != nullptr) {
        add(content.certificates, own);
    }
    for (int index = 0; index < sk_X509_num(others); ++index) {
        add(content.certificates, sk_X509_value(others, index));
    }
    return content;
}

/// Whoever made the file says how often the hash of its MAC is repeated: 2048 times by most
/// programs, never so often that we hang.
bool is_modest(const PKCS12* file) {
    constexpr long most_repetitions = 5'000'000;
    const ASN1_INTEGER* repetitions = nullptr;
    PKCS12_get0_mac(nullptr, nullptr, nullptr, &repetitions, file);
    const long count = repetitions == nullptr ? 1 : ASN1_INTEGER_get(repetitions);
    return count > 0 && count <= most_repetitions;
}

/// An empty password is none, or one of no letters: programs differ.
bool opens(PKCS12* file, const Terminated& password, bool empty) {
    return PKCS12_mac_present(file) == 0 || PKCS12_verify_mac(file, password.text(), -1) == 1 ||
           (empty && PKCS12_verify_mac(file, nullptr, 0) == 1);
}

}  // namespace

Result<Pkcs12, CryptoError> read_pkcs12(const SecretBytes& file, ByteView password) {
    const FilePtr usual = decode(file, nullptr);
    if (!usual || !is_modest(usual.get())) {
        return Fail{CryptoError::bad_encoding};
    }
    const Terminated terminated(password);
    if (opens(usual.get(), terminated, password.empty())) {
        auto content = parse(usual.get(), terminated);
        if (content || content.error() != CryptoError::legacy_encryption) {
            return content;
        }
    }
    const OldAlgorithms old;
    const FilePtr again = decode(file, old.library.get());
    if (!again || !opens(again.get(), terminated, password.empty())) {
        return Fail{CryptoError::wrong_password};
    }
    return parse(again.get(), terminated);
}

}  // namespace ike::crypto
