// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

/// Owners of OpenSSL's objects. Included by the sources of ike/crypto alone.
namespace ike::crypto {

template <auto free_function>
struct FreeWith {
    template <class T>
    void operator()(T* object) const {
        free_function(object);
    }
};

template <class T, auto free_function>
using Owned = std::unique_ptr<T, FreeWith<free_function>>;

// BIO_free returns a value that nobody wants, hence BIO_free_all.
using BioPtr = Owned<BIO, BIO_free_all>;
using BignumPtr = Owned<BIGNUM, BN_clear_free>;
using BignumContextPtr = Owned<BN_CTX, BN_CTX_free>;
using CipherPtr = Owned<EVP_CIPHER, EVP_CIPHER_free>;
using CipherContextPtr = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using CurvePtr = Owned<EC_GROUP, EC_GROUP_free>;
using DigestContextPtr = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using EcdsaSignaturePtr = Owned<ECDSA_SIG, ECDSA_SIG_free>;
using KeyContextPtr = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using KeyPtr = Owned<EVP_PKEY, EVP_PKEY_free>;
using MacPtr = Owned<EVP_MAC, EVP_MAC_free>;
using MacContextPtr = Owned<EVP_MAC_CTX, EVP_MAC_CTX_free>;
using NamePtr = Owned<X509_NAME, X509_NAME_free>;
using PointPtr = Owned<EC_POINT, EC_POINT_free>;

}  // namespace ike::crypto
