// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/proposals.hpp"

#include <algorithm>

namespace ike::session {

using crypto::EncryptionId;
using crypto::GroupId;
using crypto::IntegrityId;
using crypto::PrfId;
using wire::Transform;
using wire::TransformType;

namespace {

constexpr std::uint16_t no_group = 0;  // transform NONE of type KE
constexpr std::uint16_t esn_no = 0;
constexpr std::uint16_t esn_yes = 1;

void add_encryption(wire::Proposal& proposal, std::span<const Encryption> encryption) {
    for (const Encryption& cipher : encryption) {
        Transform transform{.type = TransformType::encr,
                            .id = static_cast<std::uint16_t>(cipher.id)};
        if (crypto::has_key_length(cipher.id)) {
            transform.key_length = cipher.key_bits;
        }
        proposal.transforms.push_back(transform);
    }
}

template <class Ids>
void add_transforms(wire::Proposal& proposal, TransformType type, const Ids& ids) {
    for (const auto id : ids) {
        proposal.transforms.push_back({.type = type, .id = static_cast<std::uint16_t>(id)});
    }
}

std::optional<crypto::CipherSuite> cipher_suite(const wire::Proposal& chosen) {
    const Transform* encr = wire::find(chosen, TransformType::encr);
    if (encr == nullptr) {
        return std::nullopt;
    }
    crypto::CipherSuite suite{.encryption = static_cast<EncryptionId>(encr->id),
                              .key_bits = encr->key_length.value_or(256),
                              .integrity = IntegrityId::none};
    if (const Transform* integ = wire::find(chosen, TransformType::integ)) {
        suite.integrity = static_cast<IntegrityId>(integ->id);
    }
    return crypto::supported(suite) ? std::optional(suite) : std::nullopt;
}

std::optional<GroupId> group_of(const wire::Proposal& chosen) {
    const Transform* ke = wire::find(chosen, TransformType::ke);
    if (ke == nullptr || ke->id == no_group) {
        return std::nullopt;
    }
    return static_cast<GroupId>(ke->id);
}

template <class Proposals>
std::vector<GroupId> distinct_groups(const Proposals& proposals) {
    std::vector<GroupId> groups;
    for (const auto& proposal : proposals) {
        for (const GroupId group : proposal.groups) {
            if (std::ranges::find(groups, group) == groups.end()) {
                groups.push_back(group);
            }
        }
    }
    return groups;
}

}  // namespace

wire::SaPayload ike_offer(std::span<const IkeProposal> proposals, ByteView spi) {
    wire::SaPayload offer;
    for (const IkeProposal& ours : proposals) {
        wire::Proposal proposal{.number = static_cast<std::uint8_t>(offer.proposals.size() + 1),
                                .protocol = wire::ProtocolId::ike,
                                .spi = Bytes(spi.begin(), spi.end()),
                                .transforms = {}};
        add_encryption(proposal, ours.encryption);
        add_transforms(proposal, TransformType::prf, ours.prf);
        add_transforms(proposal, TransformType::integ, ours.integrity);
        add_transforms(proposal, TransformType::ke, ours.groups);
        offer.proposals.push_back(std::move(proposal));
    }
    return offer;
}

wire::SaPayload esp_offer(std::span<const EspProposal> proposals, ChildSpi spi,
                          OfferGroups groups) {
    wire::SaPayload offer;
    for (const EspProposal& ours : proposals) {
        wire::Proposal proposal{.number = static_cast<std::uint8_t>(offer.proposals.size() + 1),
                                .protocol = wire::ProtocolId::esp,
                                .spi = Writer().u32(spi.value).release(),
                                .transforms = {}};
        add_encryption(proposal, ours.encryption);
        add_transforms(proposal, TransformType::integ, ours.integrity);
        if (groups == OfferGroups::yes && !ours.groups.empty()) {
            add_transforms(proposal, TransformType::ke, ours.groups);
            if (ours.group_optional) {
                add_transforms(proposal, TransformType::ke, std::vector{no_group});
            }
        }
        if (ours.offer_esn) {
            add_transforms(proposal, TransformType::esn, std::vector{esn_yes});
        }
        if (ours.offer_no_esn) {
            add_transforms(proposal, TransformType::esn, std::vector{esn_no});
        }
        offer.proposals.push_back(std::move(proposal));
    }
    return offer;
}

std::optional<crypto::IkeSuite> ike_suite(const wire::Proposal& chosen) {
    const auto cipher = cipher_suite(chosen);
    const auto group = group_of(chosen);
    const Transform* prf = wire::find(chosen, TransformType::prf);
    if (!cipher || !group || prf == nullptr || !crypto::supported(*group) ||
        !crypto::supported(static_cast<PrfId>(prf->id))) {
        return std::nullopt;
    }
    return crypto::IkeSuite{*cipher, static_cast<PrfId>(prf->id), *group};
}

std::optional<EspSuite> esp_suite(const wire::Proposal& chosen) {
    const auto cipher = cipher_suite(chosen);
    const auto group = group_of(chosen);
    if (!cipher || (group && !crypto::supported(*group))) {
        return std::nullopt;
    }
    // RFC 7296 3.3.3: ESN is mandatory in proposals for ESP; a peer that leaves it out means none.
    const Transform* esn = wire::find(chosen, TransformType::esn);
    return EspSuite{.cipher = *cipher, .esn = esn != nullptr && esn->id == esn_yes, .group = group};
}

std::vector<GroupId> groups_of(std::span<const IkeProposal> proposals) {
    return distinct_groups(proposals);
}

std::vector<GroupId> groups_of(std::span<const EspProposal> proposals) {
    return distinct_groups(proposals);
}

}  // namespace ike::session
