// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/algorithms.hpp"

namespace agent::xfrm {

using ike::crypto::EncryptionId;
using ike::crypto::IntegrityId;

namespace {

/// Behind the name of the ESP module; seqiv and echainiv make the IVs.
std::string_view encryption_modules(EncryptionId id) {
    switch (id) {
        case EncryptionId::aes_cbc:
            return ", authenc, cbc, echainiv";
        case EncryptionId::aes_gcm_16:
            return ", gcm, seqiv";
        case EncryptionId::chacha20_poly1305:
            return ", chacha20poly1305, seqiv";
    }
    return "";
}

std::string_view integrity_modules(IntegrityId id) {
    switch (id) {
        case IntegrityId::none:
            return "";
        case IntegrityId::hmac_sha1_96:
            return ", hmac, sha1_generic";
        case IntegrityId::hmac_sha2_256_128:
            return ", hmac, sha256_generic";
        case IntegrityId::hmac_sha2_384_192:
        case IntegrityId::hmac_sha2_512_256:
            return ", hmac, sha512_generic";
    }
    return "";
}

}  // namespace

std::string_view kernel_name(EncryptionId id) {
    switch (id) {
        case EncryptionId::aes_cbc:
            return "cbc(aes)";
        case EncryptionId::aes_gcm_16:
            return "rfc4106(gcm(aes))";
        case EncryptionId::chacha20_poly1305:
            return "rfc7539esp(chacha20,poly1305)";
    }
    return "";
}

std::string_view kernel_name(IntegrityId id) {
    switch (id) {
        case IntegrityId::none:
            return "";
        case IntegrityId::hmac_sha1_96:
            return "hmac(sha1)";
        case IntegrityId::hmac_sha2_256_128:
            return "hmac(sha256)";
        case IntegrityId::hmac_sha2_384_192:
            return "hmac(sha384)";
        case IntegrityId::hmac_sha2_512_256:
            return "hmac(sha512)";
    }
    return "";
}

std::string modules(const ike::crypto::CipherSuite& cipher, ike::Family family) {
    return std::string(family == ike::Family::ipv4 ? "esp4" : "esp6")
        .append(encryption_modules(cipher.encryption))
        .append(integrity_modules(cipher.integrity));
}

}  // namespace agent::xfrm
