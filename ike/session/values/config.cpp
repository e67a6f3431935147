// SPDX-License-Identifier: Apache-2.0
#include "ike/session/values/config.hpp"

namespace ike::session {

using enum crypto::EncryptionId;
using enum crypto::IntegrityId;
using enum crypto::PrfId;
using enum crypto::GroupId;

namespace {

// RFC 8247 and 8221: AEAD first; CBC for gateways that know nothing else.
const std::vector<Encryption> aead = {
    {aes_gcm_16, 256}, {aes_gcm_16, 128}, {chacha20_poly1305, 256}};
const std::vector<Encryption> cbc = {{aes_cbc, 256}, {aes_cbc, 128}};
const std::vector<crypto::IntegrityId> hmac = {hmac_sha2_256_128, hmac_sha2_384_192,
                                               hmac_sha2_512_256};
const std::vector<crypto::PrfId> prfs = {hmac_sha2_256, hmac_sha2_384, hmac_sha2_512};
const std::vector<crypto::GroupId> groups = {curve25519, ecp_256,   ecp_384,  ecp_521,
                                             modp_3072,  modp_4096, modp_2048};

}  // namespace

std::vector<IkeProposal> default_ike_proposals() {
    return {{.encryption = aead, .integrity = {}, .prf = prfs, .groups = groups},
            {.encryption = cbc, .integrity = hmac, .prf = prfs, .groups = groups}};
}

std::vector<EspProposal> default_esp_proposals() {
    return {{.encryption = aead, .integrity = {}, .groups = groups, .group_optional = true},
            {.encryption = cbc, .integrity = hmac, .groups = groups, .group_optional = true}};
}

}  // namespace ike::session
