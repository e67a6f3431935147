// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/create_child_sa.hpp"

#include "ike/session/exchange/nonce.hpp"
#include "ike/session/exchange/rekey_responder.hpp"

#include <algorithm>

namespace ike::session {

using crypto::GroupId;
using crypto::KeyExchange;
using wire::NotifyType;

std::optional<ChildSpi> esp_spi(const wire::Proposal& proposal) {
    if (proposal.protocol != wire::ProtocolId::esp || proposal.spi.size() != 4) {
        return std::nullopt;
    }
    const ChildSpi spi{Reader(proposal.spi).u32()};
    // RFC 4303 2.1: 0 is local use, 1 to 255 are reserved.
    return spi.value > 255 ? std::optional(spi) : std::nullopt;
}

ChildSa make_child_sa(const ChildTerms& terms, crypto::ChildKeys keys, bool we_initiated) {
    EspSa from_initiator{
        {}, std::move(keys.initiator_encryption), std::move(keys.initiator_integrity)};
    EspSa from_responder{
        {}, std::move(keys.responder_encryption), std::move(keys.responder_integrity)};
    ChildSa sa{.inbound = std::move(we_initiated ? from_responder : from_initiator),
               .outbound = std::move(we_initiated ? from_initiator : from_responder),
               .cipher = terms.suite.cipher,
               .esn = terms.suite.esn,
               .policy = terms.policy,
               .local_selectors = terms.local_selectors,
               .remote_selectors = terms.remote_selectors,
               .path = {}};
    sa.inbound.spi = terms.inbound;
    sa.outbound.spi = terms.outbound;
    return sa;
}

Result<CreateChild, crypto::CryptoError> CreateChild::make(const SessionConfig& config,
                                                           crypto::Random& random,
                                                           const KeySource& source, Wanted wanted,
                                                           std::optional<GroupId> group) {
    auto proposals = at_most(config.esp_proposals, source.key_bits);
    if (proposals.empty()) {
        return Fail{crypto::CryptoError::unsupported};
    }
    std::optional<KeyExchange> ke;
    const auto groups = groups_of(proposals);
    if (group || !groups.empty()) {
        auto made = KeyExchange::generate(group ? *group : groups.front(), random);
        if (!made) {
            return Fail{made.error()};
        }
        ke = *std::move(made);
    }
    return CreateChild(std::move(proposals), std::move(wanted), random.bytes(nonce_size),
                       std::move(ke));
}

CreateChild::CreateChild(std::vector<EspProposal> proposals, Wanted wanted, Bytes ni,
                         std::optional<KeyExchange> ke)
    : proposals_(std::move(proposals)),
      wanted_(std::move(wanted)),
      ni_(std::move(ni)),
      ke_(std::move(ke)) {}

wire::SaPayload CreateChild::offer() const {
    return esp_offer(proposals_, wanted_.inbound, OfferGroups::yes);
}

std::vector<wire::Payload> CreateChild::request() const {
    std::vector<wire::Payload> payloads;
    if (wanted_.old) {  // RFC 7296 1.3.3: the SPI on which its sender expects to receive
        payloads.push_back(wire::child_sa_notify(NotifyType::rekey_sa, *wanted_.old));
    }
    payloads.push_back(offer());
    payloads.push_back(wire::NoncePayload{ni_});
    if (ke_) {
        payloads.push_back(
            wire::KePayload{static_cast<std::uint16_t>(ke_->group()), ke_->public_value()});
    }
    payloads.push_back(wire::TsiPayload{wanted_.local_selectors});
    payloads.push_back(wire::TsrPayload{wanted_.remote_selectors});
    return payloads;
}

CreateChild::Outcome CreateChild::on_response(std::span<const wire::Payload> payloads,
                                              const KeySource& source) const {
    if (const auto* error = wire::find_error(payloads)) {
        const auto group = wire::wanted_group(*error);
        if (error->type != NotifyType::invalid_ke_payload || !group) {
            return Refused{*error};
        }
        // RFC 7296 1.3: asked with the group that it named, the gateway may not name another one.
        const auto ours = groups_of(proposals_);
        const auto wanted = std::ranges::find(ours, static_cast<GroupId>(*group));
        const bool first = ke_ && ke_->group() == ours.front();
        return first && wanted != ours.end() && *wanted != ours.front()
                   ? Outcome(OtherGroup{*wanted})
                   : Outcome(Refused{*error});
    }
    const auto* sa = wire::find<wire::SaPayload>(payloads);
    const auto* nonce = wire::find<wire::NoncePayload>(payloads);
    const auto* tsi = wire::find<wire::TsiPayload>(payloads);
    const auto* tsr = wire::find<wire::TsrPayload>(payloads);
    if (sa == nullptr || nonce == nullptr || tsi == nullptr || tsr == nullptr ||
        sa->proposals.empty()) {
        return Broken{"payloads are missing", {}};
    }
    const auto outbound = esp_spi(sa->proposals.front());
    const auto suite = esp_suite(sa->proposals.front());
    if (suite && suite->cipher.key_bits > source.key_bits) {
        return Broken{"a cipher that is stronger than the IKE SA's", outbound};
    }
    if (!outbound || !suite || !wire::is_choice_from(*sa, offer())) {
        return Broken{"algorithms that were not offered", outbound};
    }
    // RFC 7296 2.9: the gateway may narrow, never widen.
    if (!wire::is_narrowed_from(tsi->selectors, wanted_.local_selectors) ||
        !wire::is_narrowed_from(tsr->selectors, wanted_.remote_selectors)) {
        return Broken{"traffic selectors that were not offered", outbound};
    }
    crypto::SecretBytes shared;
    if (suite->group) {
        const auto* ke = wire::find<wire::KePayload>(payloads);
        if (ke == nullptr || !ke_ || ke_->group() != *suite->group ||
            ke->group != static_cast<std::uint16_t>(*suite->group)) {
            return Broken{"a key exchange of another group", outbound};
        }
        auto derived = ke_->derive(ke->data);
        if (!derived) {
            return Broken{"a public value that is not valid", outbound};
        }
        shared = *std::move(derived);
    }
    const ChildTerms terms{wanted_.inbound, *outbound,      *suite,
                           wanted_.policy,  tsi->selectors, tsr->selectors};
    auto keys = crypto::derive_child_keys(source.prf, source.sk_d, shared.view(), ni_, nonce->data,
                                          suite->cipher);
    return Made{terms, make_child_sa(terms, std::move(keys), true), lower_nonce(ni_, nonce->data)};
}

namespace {

/// The proposals that the request can be answered by as it is: RFC 7296 1.3.3, 2.17. One that has
/// groups is answered by a key exchange of such a group only, unless its groups are optional.
std::vector<EspProposal> fitting(const wire::KePayload* ke, std::vector<EspProposal> proposals) {
    std::erase_if(proposals, [ke](const EspProposal& each) {
        const bool without = each.groups.empty() || each.group_optional;
        const bool with = ke != nullptr &&
                          std::ranges::find(each.groups, GroupId{ke->group}) != each.groups.end();
        return ke == nullptr ? !without : !with && !each.groups.empty();
    });
    return with_group_of(ke, std::move(proposals));
}

/// With the group of the KE payload if that is one of ours, so that it need not be sent again, else
/// with any of ours.
std::optional<wire::Proposal> choose_for(const std::vector<EspProposal>& proposals,
                                         const wire::SaPayload& offered,
                                         const wire::KePayload* ke) {
    for (const auto& ours : {fitting(ke, proposals), proposals}) {
        if (auto chosen = wire::choose(offered, esp_offer(ours, {}, OfferGroups::yes).proposals)) {
            return chosen;
        }
    }
    return std::nullopt;
}

}  // namespace

ChildAnswer answer_child_request(const SessionConfig& config, crypto::Random& random,
                                 const ChildRequest& request, const KeySource& source) {
    const auto* sa = wire::find<wire::SaPayload>(request.payloads);
    const auto* nonce = wire::find<wire::NoncePayload>(request.payloads);
    const auto* tsi = wire::find<wire::TsiPayload>(request.payloads);
    const auto* tsr = wire::find<wire::TsrPayload>(request.payloads);
    const auto* ke = wire::find<wire::KePayload>(request.payloads);
    if (sa == nullptr || nonce == nullptr || tsi == nullptr || tsr == nullptr) {
        return {refusal(NotifyType::invalid_syntax), {}};
    }
    auto chosen = choose_for(at_most(config.esp_proposals, source.key_bits), *sa, ke);
    const auto suite = chosen ? esp_suite(*chosen) : std::nullopt;
    const auto outbound = chosen ? esp_spi(origin_of(*chosen, *sa)) : std::nullopt;
    if (!suite || !outbound) {
        return {refusal(NotifyType::no_proposal_chosen), {}};
    }
    // The gateway initiates, so TSi is its side and TSr ours.
    auto remote = wire::narrow(tsi->selectors, request.remote_selectors);
    auto local = wire::narrow(tsr->selectors, request.local_selectors);
    if (remote.empty() || local.empty()) {
        return {refusal(NotifyType::ts_unacceptable), {}};
    }
    chosen->spi = Writer().u32(request.inbound.value).release();
    const Bytes nr = random.bytes(nonce_size);
    std::vector<wire::Payload> payloads{wire::SaPayload{{*chosen}}, wire::NoncePayload{nr}};
    crypto::SecretBytes shared;
    if (suite->group) {
        // RFC 7296 1.3: the group chosen is not that of the KE payload: say which one it is.
        if (ke == nullptr || ke->group != static_cast<std::uint16_t>(*suite->group)) {
            return {other_group(*suite->group), {}};
        }
        auto answered = answer_ke(*ke, random);
        if (!answered) {
            return {refusal(NotifyType::invalid_syntax), {}};
        }
        shared = std::move(answered->shared);
        payloads.push_back(std::move(answered->payload));
    }
    payloads.push_back(wire::TsiPayload{remote});
    payloads.push_back(wire::TsrPayload{local});
    const ChildTerms terms{request.inbound, *outbound,        *suite,
                           request.policy,  std::move(local), std::move(remote)};
    auto keys = crypto::derive_child_keys(source.prf, source.sk_d, shared.view(), nonce->data, nr,
                                          suite->cipher);
    return {std::move(payloads),
            CreateChild::Made{terms, make_child_sa(terms, std::move(keys), false),
                              lower_nonce(nonce->data, nr)}};
}

}  // namespace ike::session
