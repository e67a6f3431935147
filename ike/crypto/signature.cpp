// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/signature.hpp"

#include "ike/crypto/openssl.hpp"
#include "ike/crypto/signature_scheme.hpp"
#include "ike/crypto/x509_text.hpp"

#include <openssl/decoder.h>

#include <array>
#include <utility>

namespace ike::crypto {

namespace {

using DecoderPtr = Owned<OSSL_DECODER_CTX, OSSL_DECODER_CTX_free>;

std::optional<KeyKind> kind_of_curve(std::string_view curve) {
    if (curve == SN_X9_62_prime256v1) {
        return KeyKind::ecdsa_p256;
    }
    if (curve == SN_secp384r1) {
        return KeyKind::ecdsa_p384;
    }
    if (curve == SN_secp521r1) {
        return KeyKind::ecdsa_p521;
    }
    return std::nullopt;
}

std::optional<KeyKind> kind_of(const EVP_PKEY* key) {
    if (EVP_PKEY_is_a(key, "RSA") == 1) {
        return KeyKind::rsa;
    }
    if (EVP_PKEY_is_a(key, "RSA-PSS") == 1) {
        return KeyKind::rsa_pss;
    }
    if (EVP_PKEY_is_a(key, "ED25519") == 1) {
        return KeyKind::ed25519;
    }
    if (EVP_PKEY_is_a(key, "ED448") == 1) {
        return KeyKind::ed448;
    }
    std::array<char, 64> curve{};
    std::size_t size = 0;
    if (EVP_PKEY_is_a(key, "EC") != 1 ||
        EVP_PKEY_get_group_name(key, curve.data(), curve.size(), &size) != 1) {
        return std::nullopt;
    }
    return kind_of_curve({curve.data(), size});
}

bool fits(SignatureAlgorithm algorithm, KeyKind kind) {
    switch (scheme_of(algorithm).form) {
        case SignatureForm::pkcs1:
            return kind == KeyKind::rsa;
        case SignatureForm::pss:
            return kind == KeyKind::rsa || kind == KeyKind::rsa_pss;
        case SignatureForm::ecdsa_der:
            return kind == KeyKind::ecdsa_p256 || kind == KeyKind::ecdsa_p384 ||
                   kind == KeyKind::ecdsa_p521;
        case SignatureForm::ecdsa_pair:
            // RFC 4754 7: each of the three goes with one curve.
            return (algorithm == SignatureAlgorithm::ecdsa_p256 && kind == KeyKind::ecdsa_p256) ||
                   (algorithm == SignatureAlgorithm::ecdsa_p384 && kind == KeyKind::ecdsa_p384) ||
                   (algorithm == SignatureAlgorithm::ecdsa_p521 && kind == KeyKind::ecdsa_p521);
        case SignatureForm::eddsa:
            return kind ==
                   (algorithm == SignatureAlgorithm::ed448 ? KeyKind::ed448 : KeyKind::ed25519);
    }
    return false;
}

/// How long r and s are each (RFC 4754 7).
int half_size(KeyKind kind) {
    switch (kind) {
        case KeyKind::ecdsa_p256:
            return 32;
        case KeyKind::ecdsa_p384:
            return 48;
        case KeyKind::ecdsa_p521:
            return 66;
        case KeyKind::rsa:
        case KeyKind::rsa_pss:
        case KeyKind::ed25519:
        case KeyKind::ed448:
            break;
    }
    return 0;
}

std::optional<Bytes> pair_of_der(ByteView der, KeyKind kind) {
    const unsigned char* at = der.data();
    const EcdsaSignaturePtr decoded(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
    const int half = half_size(kind);
    Bytes pair(2 * static_cast<std::size_t>(half));
    if (!decoded || BN_bn2binpad(ECDSA_SIG_get0_r(decoded.get()), pair.data(), half) < 0 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(decoded.get()), pair.data() + half, half) < 0) {
        return std::nullopt;
    }
    return pair;
}

std::optional<Bytes> der_of_pair(ByteView pair, KeyKind kind) {
    const int half = half_size(kind);
    if (pair.size() != 2 * static_cast<std::size_t>(half)) {
        return std::nullopt;
    }
    const EcdsaSignaturePtr signature(ECDSA_SIG_new());
    BignumPtr r(BN_bin2bn(pair.data(), half, nullptr));
    BignumPtr s(BN_bin2bn(pair.data() + half, half, nullptr));
    if (ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) {
        return std::nullopt;
    }
    // set0 took both over
    static_cast<void>(r.release());
    static_cast<void>(s.release());
    unsigned char* encoded = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &encoded);
    const Owned<unsigned char, free_encoding> owner(encoded);
    return size > 0 ? std::optional(Bytes(encoded, encoded + size)) : std::nullopt;
}

bool set_padding(EVP_PKEY_CTX* context, SignatureForm form, int pss_salt_size) {
    switch (form) {
        case SignatureForm::pkcs1:
            return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
        case SignatureForm::pss:
            return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
                   EVP_PKEY_CTX_set_rsa_pss_saltlen(context, pss_salt_size) == 1;
        case SignatureForm::ecdsa_der:
        case SignatureForm::ecdsa_pair:
        case SignatureForm::eddsa:
            return true;
    }
    return false;
}

/// Called for "which passphrase?": notes in `context` that it was, and gives none.
int note_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* context) {
    *static_cast<bool*>(context) = true;
    return -1;
}

}  // namespace

struct PrivateKey::State {
    KeyPtr key;
};

PrivateKey::PrivateKey(std::unique_ptr<State> state, KeyKind kind)
    : state_(std::move(state)), kind_(kind) {}
PrivateKey::~PrivateKey() = default;
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;

evp_pkey_st* PrivateKey::native() const {
    return state_->key.get();
}

Result<PrivateKey, CryptoError> PrivateKey::decode(const SecretBytes& file) {
    bool asked = false;
    EVP_PKEY* decoded = nullptr;
    const DecoderPtr decoder(OSSL_DECODER_CTX_new_for_pkey(&decoded, nullptr, nullptr, nullptr,
                                                           EVP_PKEY_KEYPAIR, nullptr, nullptr));
    const unsigned char* at = file.view().data();
    std::size_t left = file.size();
    if (decoder &&
        OSSL_DECODER_CTX_set_pem_password_cb(decoder.get(), note_passphrase, &asked) == 1) {
        OSSL_DECODER_from_data(decoder.get(), &at, &left);
    }
    auto state = std::make_unique<State>();
    state->key.reset(decoded);
    if (!state->key) {
        return Fail{asked ? CryptoError::encrypted_key : CryptoError::bad_encoding};
    }
    const auto kind = kind_of(state->key.get());
    if (!kind) {
        return Fail{CryptoError::unsupported};
    }
    return PrivateKey(std::move(state), *kind);
}

bool PrivateKey::belongs_to(const Certificate& certificate) const {
    return EVP_PKEY_eq(state_->key.get(), X509_get0_pubkey(certificate.native())) == 1;
}

Result<Bytes, CryptoError> PrivateKey::sign(SignatureAlgorithm algorithm, ByteView message) const {
    if (!fits(algorithm, kind_)) {
        return Fail{CryptoError::wrong_key};
    }
    const SignatureScheme& scheme = scheme_of(algorithm);
    const DigestContextPtr context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* key_context = nullptr;
    std::size_t size = 0;
    if (EVP_DigestSignInit_ex(context.get(), &key_context, scheme.digest, nullptr, nullptr,
                              state_->key.get(), nullptr) != 1 ||
        !set_padding(key_context, scheme.form, RSA_PSS_SALTLEN_DIGEST) ||
        EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) != 1) {
        return Fail{CryptoError::internal};
    }
    Bytes signature(size);
    if (EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) !=
        1) {
        return Fail{CryptoError::internal};
    }
    signature.resize(size);
    if (scheme.form == SignatureForm::ecdsa_pair) {
        return pair_of_der(signature, kind_).value();
    }
    return signature;
}

std::optional<KeyKind> key_kind(const Certificate& certificate) {
    const EVP_PKEY* const key = X509_get0_pubkey(certificate.native());
    return key == nullptr ? std::nullopt : kind_of(key);
}

bool verify(const Certificate& certificate, SignatureAlgorithm algorithm, ByteView message,
            ByteView signature) {
    const auto kind = key_kind(certificate);
    if (!kind || !fits(algorithm, *kind)) {
        return false;
    }
    const SignatureScheme& scheme = scheme_of(algorithm);
    std::optional<Bytes> der;
    if (scheme.form == SignatureForm::ecdsa_pair) {
        der = der_of_pair(signature, *kind);
        if (!der) {
            return false;
        }
        signature = *der;
    }
    const DigestContextPtr context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* key_context = nullptr;
    return EVP_DigestVerifyInit_ex(context.get(), &key_context, scheme.digest, nullptr, nullptr,
                                   X509_get0_pubkey(certificate.native()), nullptr) == 1 &&
           set_padding(key_context, scheme.form, RSA_PSS_SALTLEN_AUTO) &&
           EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                            message.size()) == 1;
}

}  // namespace ike::crypto
