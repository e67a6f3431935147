// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/rekey_ike_sa.hpp"

#include "ike/session/exchange/nonce.hpp"
#include "ike/session/exchange/proposals.hpp"
#include "ike/session/exchange/rekey_responder.hpp"

#include <algorithm>

namespace ike::session {

using crypto::GroupId;
using crypto::KeyExchange;
using wire::NotifyType;

namespace {

IkeSpi fresh_spi(crypto::Random& random) {
    IkeSpi spi;
    while (spi.value == 0) {
        spi.value = random.u64();
    }
    return spi;
}

Bytes bytes_of(IkeSpi spi) {
    return Writer().u64(spi.value).release();
}

std::optional<IkeSpi> ike_spi(const wire::Proposal& proposal) {
    if (proposal.protocol != wire::ProtocolId::ike || proposal.spi.size() != 8) {
        return std::nullopt;
    }
    const IkeSpi spi{Reader(proposal.spi).u64()};
    return spi.value != 0 ? std::optional(spi) : std::nullopt;
}

/// With the group of the KE payload if that is one of ours, else with any of ours.
std::optional<wire::Proposal> choose_for(const std::vector<IkeProposal>& proposals,
                                         const wire::SaPayload& offered,
                                         const wire::KePayload& ke) {
    auto fitting = with_group_of(&ke, proposals);
    std::erase_if(fitting, [](const IkeProposal& proposal) { return proposal.groups.empty(); });
    for (const auto& ours : {fitting, proposals}) {
        if (auto chosen = wire::choose(offered, ike_offer(ours, {}).proposals)) {
            return chosen;
        }
    }
    return std::nullopt;
}

}  // namespace

Result<RekeyIke, crypto::CryptoError> RekeyIke::make(const SessionConfig& config,
                                                     crypto::Random& random, const KeySource& old,
                                                     std::optional<GroupId> group) {
    auto proposals = at_least(config.ike_proposals, old.key_bits);
    const auto groups = groups_of(proposals);
    if (groups.empty()) {
        return Fail{crypto::CryptoError::unsupported};
    }
    auto ke = KeyExchange::generate(group ? *group : groups.front(), random);
    if (!ke) {
        return Fail{ke.error()};
    }
    return RekeyIke(std::move(proposals), fresh_spi(random), random.bytes(nonce_size),
                    *std::move(ke));
}

RekeyIke::RekeyIke(std::vector<IkeProposal> proposals, IkeSpi spi, Bytes ni, KeyExchange ke)
    : proposals_(std::move(proposals)), spi_(spi), ni_(std::move(ni)), ke_(std::move(ke)) {}

std::vector<wire::Payload> RekeyIke::request() const {
    return {ike_offer(proposals_, bytes_of(spi_)), wire::NoncePayload{ni_},
            wire::KePayload{static_cast<std::uint16_t>(ke_.group()), ke_.public_value()}};
}

RekeyIke::Outcome RekeyIke::on_response(std::span<const wire::Payload> payloads,
                                        const KeySource& old) const {
    if (const auto* error = wire::find_error(payloads)) {
        const auto group = wire::wanted_group(*error);
        const auto ours = groups_of(proposals_);
        const auto wanted = std::ranges::find(ours, static_cast<GroupId>(group.value_or(0)));
        // RFC 7296 1.3: asked with the group that it named, the gateway may not name another one.
        const bool other = error->type == NotifyType::invalid_ke_payload &&
                           ke_.group() == ours.front() && wanted != ours.end() &&
                           *wanted != ours.front();
        return other ? Outcome(OtherGroup{*wanted}) : Outcome(Refused{*error});
    }
    const auto* sa = wire::find<wire::SaPayload>(payloads);
    const auto* nonce = wire::find<wire::NoncePayload>(payloads);
    const auto* ke = wire::find<wire::KePayload>(payloads);
    if (sa == nullptr || nonce == nullptr || ke == nullptr || sa->proposals.empty()) {
        return Broken{"payloads are missing"};
    }
    const auto responder = ike_spi(sa->proposals.front());
    const auto suite = ike_suite(sa->proposals.front());
    if (suite && suite->cipher.key_bits < old.key_bits) {
        return Broken{"a cipher that is weaker than the old IKE SA's"};
    }
    if (!wire::is_choice_from(*sa, ike_offer(proposals_, bytes_of(spi_))) || !responder || !suite ||
        suite->group != ke_.group() || ke->group != static_cast<std::uint16_t>(ke_.group())) {
        return Broken{"algorithms that were not offered"};
    }
    const auto shared = ke_.derive(ke->data);
    if (!shared) {
        return Broken{"a public value that is not valid"};
    }
    const IkeSpis spis{spi_, *responder};
    auto keys = crypto::derive_rekeyed_ike_keys({.suite = *suite,
                                                 .old_prf = old.prf,
                                                 .old_sk_d = old.sk_d,
                                                 .shared_secret = shared->view(),
                                                 .ni = ni_,
                                                 .nr = nonce->data,
                                                 .initiator = spis.initiator,
                                                 .responder = spis.responder});
    return FreshIkeSa{spis, true, *suite, std::move(keys), lower_nonce(ni_, nonce->data)};
}

IkeAnswer answer_ike_rekey(const SessionConfig& config, crypto::Random& random,
                           std::span<const wire::Payload> payloads, const KeySource& old) {
    const auto* sa = wire::find<wire::SaPayload>(payloads);
    const auto* nonce = wire::find<wire::NoncePayload>(payloads);
    const auto* ke = wire::find<wire::KePayload>(payloads);
    if (sa == nullptr || nonce == nullptr || ke == nullptr) {
        return {refusal(NotifyType::invalid_syntax), {}};
    }
    auto chosen = choose_for(at_least(config.ike_proposals, old.key_bits), *sa, *ke);
    const auto suite = chosen ? ike_suite(*chosen) : std::nullopt;
    const auto initiator = chosen ? ike_spi(origin_of(*chosen, *sa)) : std::nullopt;
    if (!suite || !initiator) {
        return {refusal(NotifyType::no_proposal_chosen), {}};
    }
    if (ke->group != static_cast<std::uint16_t>(suite->group)) {
        return {other_group(suite->group), {}};
    }
    auto answered = answer_ke(*ke, random);
    if (!answered) {
        return {refusal(NotifyType::invalid_syntax), {}};
    }
    const IkeSpis spis{*initiator, fresh_spi(random)};
    const Bytes nr = random.bytes(nonce_size);
    auto keys = crypto::derive_rekeyed_ike_keys({.suite = *suite,
                                                 .old_prf = old.prf,
                                                 .old_sk_d = old.sk_d,
                                                 .shared_secret = answered->shared.view(),
                                                 .ni = nonce->data,
                                                 .nr = nr,
                                                 .initiator = spis.initiator,
                                                 .responder = spis.responder});
    chosen->spi = bytes_of(spis.responder);
    return {{wire::SaPayload{{*chosen}}, wire::NoncePayload{nr}, std::move(answered->payload)},
            FreshIkeSa{spis, false, *suite, std::move(keys), lower_nonce(nonce->data, nr)}};
}

}  // namespace ike::session
