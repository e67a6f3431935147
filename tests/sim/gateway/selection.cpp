// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/selection.hpp"

#include <algorithm>

namespace sim::gateway {

using namespace ike;
using wire::Proposal;
using wire::Transform;
using wire::TransformType;

namespace {

template <class Id>
Transform transform(TransformType type, Id id) {
    return {.type = type, .id = static_cast<std::uint16_t>(id), .key_length = std::nullopt};
}

std::vector<Transform> transforms(const crypto::CipherSuite& cipher) {
    Transform encryption = transform(TransformType::encr, cipher.encryption);
    if (crypto::has_key_length(cipher.encryption)) {
        encryption.key_length = cipher.key_bits;
    }
    std::vector<Transform> all{encryption};
    if (!cipher.is_aead()) {
        all.push_back(transform(TransformType::integ, cipher.integrity));
    }
    return all;
}

std::vector<Transform> transforms(const crypto::IkeSuite& suite) {
    std::vector<Transform> all = transforms(suite.cipher);
    all.push_back(transform(TransformType::prf, suite.prf));
    all.push_back(transform(TransformType::ke, suite.group));
    return all;
}

std::vector<Transform> transforms(const EspTerms& terms) {
    std::vector<Transform> all = transforms(terms.cipher);
    all.push_back(transform(TransformType::esn, terms.esn ? 1U : 0U));
    if (terms.group) {
        all.push_back(transform(TransformType::ke, *terms.group));
    }
    return all;
}

bool has_type(const std::vector<Transform>& all, TransformType type) {
    return std::ranges::find(all, type, &Transform::type) != all.end();
}

/// Every wanted transform is offered, and no type is offered of which none is wanted, unless NONE
/// is among its transforms.
bool fits(const std::vector<Transform>& wanted, const Proposal& offered) {
    const auto contains = [&offered](const Transform& one) {
        return std::ranges::find(offered.transforms, one) != offered.transforms.end();
    };
    const auto dispensable = [&](const Transform& one) {
        return has_type(wanted, one.type) ||
               contains({.type = one.type, .id = 0, .key_length = std::nullopt});
    };
    return std::ranges::all_of(wanted, contains) &&
           std::ranges::all_of(offered.transforms, dispensable);
}

template <class Terms>
const Proposal* find(const wire::SaPayload& offered, wire::ProtocolId protocol,
                     const Terms& terms) {
    const std::vector<Transform> wanted = transforms(terms);
    const auto found = std::ranges::find_if(offered.proposals, [&](const Proposal& proposal) {
        return proposal.protocol == protocol && fits(wanted, proposal);
    });
    return found == offered.proposals.end() ? nullptr : &*found;
}

}  // namespace

std::optional<ChosenIke> select_ike(const wire::SaPayload& offered,
                                    std::span<const crypto::IkeSuite> acceptable) {
    for (const crypto::IkeSuite& suite : acceptable) {
        if (const Proposal* found = find(offered, wire::ProtocolId::ike, suite)) {
            return ChosenIke{suite,
                             {.number = found->number,
                              .protocol = wire::ProtocolId::ike,
                              .spi = {},
                              .transforms = transforms(suite)},
                             found->spi};
        }
    }
    return std::nullopt;
}

std::optional<ChosenEsp> select_esp(const wire::SaPayload& offered,
                                    std::span<const EspTerms> acceptable) {
    for (const EspTerms& terms : acceptable) {
        const Proposal* found = find(offered, wire::ProtocolId::esp, terms);
        if (found != nullptr && found->spi.size() == 4) {
            return ChosenEsp{terms,
                             {.number = found->number,
                              .protocol = wire::ProtocolId::esp,
                              .spi = {},
                              .transforms = transforms(terms)},
                             found->spi};
        }
    }
    return std::nullopt;
}

wire::SaPayload offer_ike(const crypto::IkeSuite& suite, const Bytes& spi) {
    return {{Proposal{.number = 1,
                      .protocol = wire::ProtocolId::ike,
                      .spi = spi,
                      .transforms = transforms(suite)}}};
}

wire::SaPayload offer_esp(const EspTerms& terms, const Bytes& spi) {
    return {{Proposal{.number = 1,
                      .protocol = wire::ProtocolId::esp,
                      .spi = spi,
                      .transforms = transforms(terms)}}};
}

}  // namespace sim::gateway
