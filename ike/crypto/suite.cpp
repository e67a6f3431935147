// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/suite.hpp"

namespace ike::crypto {

std::size_t CipherSuite::key_size() const {
    return key_bits / 8U + salt_size();
}

std::size_t CipherSuite::integrity_key_size() const {
    // RFC 4868 2.1.1: the key is as long as the output of the hash.
    switch (integrity) {
        case IntegrityId::none:
            return 0;
        case IntegrityId::hmac_sha1_96:  // RFC 2404 3
            return 20;
        case IntegrityId::hmac_sha2_256_128:
            return 32;
        case IntegrityId::hmac_sha2_384_192:
            return 48;
        case IntegrityId::hmac_sha2_512_256:
            return 64;
    }
    return 0;
}

std::size_t CipherSuite::icv_size() const {
    if (integrity == IntegrityId::hmac_sha1_96) {
        return 12;  // RFC 2404 2
    }
    // RFC 4868 2.1.1: half of the output is sent. RFC 4106 6, RFC 7634 2: the whole tag is.
    return is_aead() ? 16 : integrity_key_size() / 2;
}

bool supported(EncryptionId id) {
    using enum EncryptionId;
    return id == aes_cbc || id == aes_gcm_16 || id == chacha20_poly1305;
}

bool supported(PrfId id) {
    using enum PrfId;
    return id == hmac_sha2_256 || id == hmac_sha2_384 || id == hmac_sha2_512 || insecure(id);
}

bool supported(IntegrityId id) {
    using enum IntegrityId;
    return id == none || id == hmac_sha2_256_128 || id == hmac_sha2_384_192 ||
           id == hmac_sha2_512_256 || insecure(id);
}

bool supported(GroupId id) {
    using enum GroupId;
    return id == modp_2048 || id == modp_3072 || id == modp_4096 || id == ecp_256 ||
           id == ecp_384 || id == ecp_521 || id == curve25519 || insecure(id);
}

bool insecure(PrfId id) {
    return id == PrfId::hmac_sha1;
}

bool insecure(IntegrityId id) {
    return id == IntegrityId::hmac_sha1_96;
}

bool insecure(GroupId id) {
    return id == GroupId::modp_1024 || id == GroupId::modp_1536 || id == GroupId::modp_2048_256;
}

bool supported(const CipherSuite& suite) {
    const bool is_key_size =
        suite.key_bits == 256 || (has_key_length(suite.encryption) && suite.key_bits == 128);
    const bool has_integrity = suite.integrity != IntegrityId::none;
    return supported(suite.encryption) && supported(suite.integrity) && is_key_size &&
           has_integrity != suite.is_aead();
}

bool has_key_length(EncryptionId id) {
    return id != EncryptionId::chacha20_poly1305;
}

std::string_view name(PrfId id) {
    switch (id) {
        case PrfId::hmac_sha1:
            return "PRF-HMAC-SHA1";
        case PrfId::hmac_sha2_256:
            return "PRF-HMAC-SHA2-256";
        case PrfId::hmac_sha2_384:
            return "PRF-HMAC-SHA2-384";
        case PrfId::hmac_sha2_512:
            return "PRF-HMAC-SHA2-512";
    }
    return "PRF-UNKNOWN";
}

std::string_view name(IntegrityId id) {
    switch (id) {
        case IntegrityId::none:
            return "NONE";
        case IntegrityId::hmac_sha1_96:
            return "HMAC-SHA1-96";
        case IntegrityId::hmac_sha2_256_128:
            return "HMAC-SHA2-256-128";
        case IntegrityId::hmac_sha2_384_192:
            return "HMAC-SHA2-384-192";
        case IntegrityId::hmac_sha2_512_256:
            return "HMAC-SHA2-512-256";
    }
    return "INTEGRITY-UNKNOWN";
}

std::string_view name(GroupId id) {
    switch (id) {
        case GroupId::modp_1024:
            return "MODP-1024";
        case GroupId::modp_1536:
            return "MODP-1536";
        case GroupId::modp_2048_256:
            return "MODP-2048-256";
        case GroupId::modp_2048:
            return "MODP-2048";
        case GroupId::modp_3072:
            return "MODP-3072";
        case GroupId::modp_4096:
            return "MODP-4096";
        case GroupId::ecp_256:
            return "ECP-256";
        case GroupId::ecp_384:
            return "ECP-384";
        case GroupId::ecp_521:
            return "ECP-521";
        case GroupId::curve25519:
            return "CURVE25519";
    }
    return "GROUP-UNKNOWN";
}

namespace {

std::string_view cipher_name(EncryptionId id) {
    switch (id) {
        case EncryptionId::aes_cbc:
            return "AES-CBC";
        case EncryptionId::aes_gcm_16:
            return "AES-GCM-16";
        case EncryptionId::chacha20_poly1305:
            return "CHACHA20-POLY1305";
    }
    return "ENCRYPTION-UNKNOWN";
}

}  // namespace

std::string name(const CipherSuite& suite) {
    std::string text(cipher_name(suite.encryption));
    if (has_key_length(suite.encryption)) {
        text += '-' + std::to_string(suite.key_bits);
    }
    if (suite.integrity != IntegrityId::none) {
        text.append("/").append(name(suite.integrity));
    }
    return text;
}

std::string name(const IkeSuite& suite) {
    return name(suite.cipher)
        .append("/")
        .append(name(suite.prf))
        .append("/")
        .append(name(suite.group));
}

}  // namespace ike::crypto
