// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/certificate.hpp"
#include "ike/crypto/secret.hpp"
#include "ike/crypto/signature.hpp"
#include "ike/eap/method_id.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ike::eap {

/// RFC 7542 2.2 takes a name of 253 bytes at most, RFC 2759 4 a password of 256 characters.
inline constexpr std::size_t max_user_name_size = 253;
inline constexpr std::size_t max_password_characters = 256;

/// Whether it is text in UTF-8 of at most so many characters, and some.
bool is_password(ByteView text);

/// What the EAP server behind the gateway has to prove, where a method has it do so by TLS.
struct ServerTrust {
    std::vector<crypto::Certificate> cas;
    std::string name;  // a DNS name of its certificate
};

/// What we log in by. Of the limits above, whoever makes one has to take care.
struct Credentials {
    std::string user_name;                                 // UTF-8; may be apart from IDi
    crypto::SecretBytes password;                          // UTF-8
    std::vector<MethodId> methods = {MethodId::mschapv2};  // that may be used, most wanted first
    ServerTrust server = {};
    std::vector<crypto::Certificate> chain = {};  // for EAP-TLS: ours, the end entity first
    std::shared_ptr<const crypto::PrivateKey> key = nullptr;  // of the first
};

}  // namespace ike::eap
