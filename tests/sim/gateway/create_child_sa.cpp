// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/child.hpp"
#include "tests/sim/gateway/exchanges.hpp"

// CREATE_CHILD_SA asked for by the client: RFC 7296 1.3, 2.8 and 2.25.
namespace sim::gateway {

using namespace ike;
using wire::NotifyType;

namespace {

template <class Kind>
Kind* outstanding(IkeSa& ike_sa) {
    return ike_sa.outstanding ? std::get_if<Kind>(&ike_sa.outstanding->purpose) : nullptr;
}

void note_rival(LowestNonce& rival, const Nonces& nonces) {
    rival = lowest(nonces.initiator, nonces.responder);
}

Payloads answer_ike_rekey(State& state, IkeSa& ike_sa, const Payloads& request) {
    // RFC 7296 2.25.2 and 2.25.1: not while this IKE SA or one of its Child SAs is being closed,
    // nor while we are at a Child SA.
    if (ike_sa.stage != IkeSa::Stage::established || outstanding<ChildRekey>(ike_sa) != nullptr ||
        outstanding<ChildDelete>(ike_sa) != nullptr) {
        return {notify(NotifyType::temporary_failure)};
    }
    const auto* sa = wire::find<wire::SaPayload>(request);
    const auto* ke = wire::find<wire::KePayload>(request);
    const auto* nonce = wire::find<wire::NoncePayload>(request);
    const auto chosen = select_ike(*sa, state.config.ike_suites);
    if (!chosen || chosen->peer_spi.size() != 8) {
        return {notify(NotifyType::no_proposal_chosen)};
    }
    const auto group = static_cast<std::uint16_t>(chosen->suite.group);
    if (ke == nullptr || ke->group != group) {
        return {notify(NotifyType::invalid_ke_payload, Writer().u16(group).release())};
    }
    auto own = crypto::KeyExchange::generate(chosen->suite.group, state.random);
    const auto shared = own->derive(ke->data);
    if (!shared) {
        return {notify(NotifyType::invalid_syntax)};
    }
    const IkeSpiPair spis{{Reader(chosen->peer_spi).u64()}, state.new_ike_spi()};
    const Nonces nonces{nonce->data, state.random.bytes(32)};
    SaKeys keys = rekeyed_keys({ike_sa.suite.prf, ike_sa.keys.d.view()}, chosen->suite, nonces,
                               shared->view(), spis);
    Protection protection(chosen->suite.cipher, keys, false);
    state.ike_sas.push_back({.spis = spis,
                             .suite = chosen->suite,
                             .keys = std::move(keys),
                             .protection = std::move(protection),
                             .association = ike_sa.association,
                             .addresses = ike_sa.addresses,
                             .stage = IkeSa::Stage::established,
                             .last_request = {},
                             .last_response = {}});
    for (Child& child : ike_sa.association->children) {
        child.made_on = spis.responder;
    }
    if (auto* own_rekey = outstanding<IkeRekey>(ike_sa)) {
        note_rival(own_rekey->rival, nonces);  // RFC 7296 2.8.2: both answer; nonces decide later
        own_rekey->rival_spi = spis.responder;
    } else {
        ike_sa.stage = IkeSa::Stage::superseded;
    }
    wire::Proposal proposal = chosen->proposal;
    proposal.spi = Writer().u64(spis.responder.value).release();
    return {wire::SaPayload{{proposal}}, wire::NoncePayload{nonces.responder},
            wire::KePayload{group, own->public_value()}};
}

/// With a KE payload whose group the client also proposed, its half of PFS.
struct Pfs {
    std::optional<crypto::GroupId> group;
    Bytes public_value;
    crypto::SecretBytes shared;
};

std::optional<Pfs> answer_pfs(State& state, const Payloads& request) {
    const auto* ke = wire::find<wire::KePayload>(request);
    if (ke == nullptr) {
        return Pfs{};
    }
    const auto group = static_cast<crypto::GroupId>(ke->group);
    auto own = crypto::KeyExchange::generate(group, state.random);
    if (!own) {
        return std::nullopt;
    }
    auto shared = own->derive(ke->data);
    if (!shared) {
        return std::nullopt;
    }
    return Pfs{group, own->public_value(), std::move(*shared)};
}

/// Why the named Child SA can't be rekeyed now, RFC 7296 2.25.1 and 2.25.2.
std::optional<wire::Payload> not_now(IkeSa& ike_sa, const Child* old, ChildSpi named) {
    if (old == nullptr) {
        return wire::child_sa_notify(NotifyType::child_sa_not_found, named);
    }
    const auto* closing = outstanding<ChildDelete>(ike_sa);
    if (closing != nullptr && closing->inbound == old->inbound) {
        return notify(NotifyType::temporary_failure);
    }
    return std::nullopt;
}

Payloads make_child(State& state, IkeSa& ike_sa, const Payloads& request,
                    std::optional<ChildSpi> old_inbound) {
    const auto* sa = wire::find<wire::SaPayload>(request);
    const auto pfs = answer_pfs(state, request);
    const auto chosen =
        pfs ? select_esp(*sa, acceptable_terms(state.config, pfs->group)) : std::nullopt;
    if (!chosen) {
        return {notify(NotifyType::no_proposal_chosen)};
    }
    const Nonces nonces{wire::find<wire::NoncePayload>(request)->data, state.random.bytes(32)};
    const ChildSpi inbound = state.new_child_spi();
    Child& child = install_child(ike_sa, {.terms = chosen->terms,
                                          .inbound = inbound,
                                          .outbound = {Reader(chosen->peer_spi).u32()},
                                          .nonces = nonces,
                                          .shared = pfs->shared.view()});
    child.peer_selectors =
        narrowed(wire::find<wire::TsiPayload>(request)->selectors, client_selectors(state.config));
    child.own_selectors =
        narrowed(wire::find<wire::TsrPayload>(request)->selectors, state.config.networks);
    auto* rival = outstanding<ChildRekey>(ike_sa);
    if (rival != nullptr && old_inbound == rival->old) {
        note_rival(rival->rival, nonces);  // RFC 7296 2.8.1
    }
    wire::Proposal proposal = chosen->proposal;
    proposal.spi = Writer().u32(inbound.value).release();
    Payloads answer{wire::SaPayload{{proposal}}, wire::NoncePayload{nonces.responder}};
    if (pfs->group) {
        answer.push_back(
            wire::KePayload{static_cast<std::uint16_t>(*pfs->group), pfs->public_value});
    }
    answer.push_back(wire::TsiPayload{child.peer_selectors});
    answer.push_back(wire::TsrPayload{child.own_selectors});
    return answer;
}

Payloads answer_child_rekey(State& state, IkeSa& ike_sa, const Payloads& request,
                            const wire::NotifyPayload& rekey_sa) {
    const auto named = wire::child_spi(rekey_sa);
    if (!named) {
        state.fault("REKEY_SA that names no Child SA");
        return {notify(NotifyType::invalid_syntax)};
    }
    // RFC 7296 3.10: the SPI that the exchange initiator expects in inbound packets.
    const Child* old = find_child_by_outbound(*ike_sa.association, *named);
    if (const auto refusal = not_now(ike_sa, old, *named)) {
        return {*refusal};
    }
    return make_child(state, ike_sa, request, old->inbound);
}

}  // namespace

Payloads answer_create_child_sa(State& state, IkeSa& ike_sa, const Payloads& request) {
    if (state.config.refuse.rekey) {
        return {notify(*state.config.refuse.rekey)};
    }
    const auto* sa = wire::find<wire::SaPayload>(request);
    if (sa == nullptr || wire::find<wire::NoncePayload>(request) == nullptr ||
        sa->proposals.empty()) {
        state.fault("CREATE_CHILD_SA without SA or nonce");
        return {notify(NotifyType::invalid_syntax)};
    }
    if (sa->proposals.front().protocol == wire::ProtocolId::ike) {
        return answer_ike_rekey(state, ike_sa, request);
    }
    const bool selectors = wire::find<wire::TsiPayload>(request) != nullptr &&
                           wire::find<wire::TsrPayload>(request) != nullptr;
    if (!selectors) {
        state.fault("CREATE_CHILD_SA for a Child SA without selectors");
        return {notify(NotifyType::invalid_syntax)};
    }
    // RFC 7296 2.25.2: no Child SA is made while the IKE SA is rekeyed or closed.
    if (ike_sa.stage != IkeSa::Stage::established || outstanding<IkeRekey>(ike_sa) != nullptr) {
        return {notify(NotifyType::temporary_failure)};
    }
    const auto* rekey_sa = wire::find_notify(request, NotifyType::rekey_sa);
    return rekey_sa != nullptr ? answer_child_rekey(state, ike_sa, request, *rekey_sa)
                               : make_child(state, ike_sa, request, std::nullopt);
}

}  // namespace sim::gateway
