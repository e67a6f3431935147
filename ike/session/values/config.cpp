// SPDX-License-Identifier: Apache-2.0
#include "ike/session/values/config.hpp"

#include <algorithm>

namespace ike::session {

using enum crypto::EncryptionId;
using enum crypto::IntegrityId;
using enum crypto::PrfId;
using enum crypto::GroupId;

namespace {

// RFC 8247 and 8221: AEAD first; CBC for gateways that know nothing else.
const std::vector<Encryption> aead = {
    {aes_gcm_16, 256}, {aes_gcm_16, 128}, {chacha20_poly1305, 256}};
const std::vector<Encryption> aead_256 = {{aes_gcm_16, 256}, {chacha20_poly1305, 256}};
const std::vector<Encryption> aead_128 = {{aes_gcm_16, 128}};
const std::vector<Encryption> cbc = {{aes_cbc, 256}, {aes_cbc, 128}};
const std::vector<Encryption> cbc_256 = {{aes_cbc, 256}};
const std::vector<Encryption> cbc_128 = {{aes_cbc, 128}};
const std::vector<crypto::IntegrityId> hmac = {hmac_sha2_256_128, hmac_sha2_384_192,
                                               hmac_sha2_512_256};
const std::vector<crypto::PrfId> prfs = {hmac_sha2_256, hmac_sha2_384, hmac_sha2_512};
const std::vector<crypto::GroupId> groups = {curve25519, ecp_256,   ecp_384,  ecp_521,
                                             modp_3072,  modp_4096, modp_2048};

/// Without the ciphers that do not fit, and without the proposals that have no other.
template <class Proposal, class Fits>
std::vector<Proposal> only(std::span<const Proposal> proposals, Fits fits) {
    std::vector<Proposal> left(proposals.begin(), proposals.end());
    for (Proposal& proposal : left) {
        std::erase_if(proposal.encryption,
                      [&](const Encryption& cipher) { return !fits(cipher.key_bits); });
    }
    std::erase_if(left, [](const Proposal& proposal) { return proposal.encryption.empty(); });
    return left;
}

}  // namespace

std::vector<IkeProposal> default_ike_proposals() {
    return {{.encryption = aead_256, .integrity = {}, .prf = prfs, .groups = groups},
            {.encryption = cbc_256, .integrity = hmac, .prf = prfs, .groups = groups},
            {.encryption = aead_128, .integrity = {}, .prf = prfs, .groups = groups},
            {.encryption = cbc_128, .integrity = hmac, .prf = prfs, .groups = groups}};
}

std::vector<EspProposal> default_esp_proposals() {
    return {{.encryption = aead, .integrity = {}, .groups = groups, .group_optional = true},
            {.encryption = cbc, .integrity = hmac, .groups = groups, .group_optional = true}};
}

std::vector<EspProposal> at_most(std::span<const EspProposal> proposals, std::uint16_t key_bits) {
    return only(proposals, [key_bits](std::uint16_t bits) { return bits <= key_bits; });
}

std::vector<IkeProposal> at_least(std::span<const IkeProposal> proposals, std::uint16_t key_bits) {
    return only(proposals, [key_bits](std::uint16_t bits) { return bits >= key_bits; });
}

}  // namespace ike::session
