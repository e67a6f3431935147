// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/crypto/signature.hpp"

#include <cstdint>
#include <string_view>

namespace ike::crypto {

enum class SignatureForm : std::uint8_t {
    pkcs1,
    pss,
    ecdsa_der,   // ECDSA-Sig-Value
    ecdsa_pair,  // r | s, each as long as the order of the curve
    eddsa,
};

/// A row of the table of algorithms.
struct SignatureScheme {
    SignatureAlgorithm algorithm;
    SignatureHash hash;
    SignatureForm form;
    const char* digest;  // OpenSSL's name; null where there is none
    std::string_view name;
    ByteView identifier;  // DER of the AlgorithmIdentifier, where it has one that we send
    int nid;              // OpenSSL's number of the algorithm; with PSS, of its hash
};

const SignatureScheme& scheme_of(SignatureAlgorithm algorithm);

}  // namespace ike::crypto
