// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/child.hpp"
#include "tests/sim/gateway/exchanges.hpp"

// CREATE_CHILD_SA asked for by the gateway: RFC 7296 1.3.2, 1.3.3, 2.8 and 2.25.
namespace sim::gateway {

using namespace ike;
using wire::NotifyType;

namespace {

constexpr Duration retry_after = 3s;  // when the client said TEMPORARY_FAILURE
// The client deletes its redundant IKE SA, unless it never heard that it was made.
constexpr Duration redundant_patience = 30s;

/// RFC 7296 2.8.1: the SA made with the lowest of the four nonces is the redundant one.
bool is_redundant(const LowestNonce& rival, const Nonces& nonces) {
    return rival && lowest(nonces.initiator, nonces.responder) < *rival;
}

void refused_child_rekey(State& state, IkeSa& ike_sa, const ChildRekey& rekey, NotifyType why) {
    Association& association = *ike_sa.association;
    if (rekey.rival) {
        return;  // the client's own rekey did it
    }
    if (why == NotifyType::child_sa_not_found) {
        remove_child(association, rekey.old);  // RFC 7296 2.25
    } else if (why == NotifyType::temporary_failure) {
        association.wishes.push_back({RekeyChildWish{rekey.old}, state.now + retry_after});
    } else {
        state.fault("a Child SA's rekey refused with " + wire::name(why));
    }
}

/// The shared secret of a KE payload, empty when none was agreed on.
std::optional<crypto::SecretBytes> shared_secret(
    const std::optional<crypto::KeyExchange>& key_exchange, const Payloads& response) {
    if (!key_exchange) {
        return crypto::SecretBytes();
    }
    const auto* ke = wire::find<wire::KePayload>(response);
    if (ke == nullptr) {
        return std::nullopt;
    }
    auto shared = key_exchange->derive(ke->data);
    return shared ? std::optional(std::move(*shared)) : std::nullopt;
}

}  // namespace

std::optional<Request> rekey_child(State& state, IkeSa& ike_sa, const RekeyChildWish& wish) {
    const Child* old = find_child(*ike_sa.association, wish.inbound);
    if (old == nullptr || !old->peer_ready) {
        return std::nullopt;
    }
    ChildRekey rekey{.old = old->inbound,
                     .fresh = state.new_child_spi(),
                     .nonce = state.random.bytes(32),
                     .terms = old->terms,
                     .key_exchange = std::nullopt,
                     .rival = std::nullopt};
    rekey.terms.group = state.config.pfs;
    Payloads payloads{
        wire::child_sa_notify(NotifyType::rekey_sa, old->inbound),
        offer_esp(rekey.terms, Writer().u32(rekey.fresh.value).release()),
        wire::NoncePayload{rekey.nonce},
    };
    if (rekey.terms.group) {
        auto own = crypto::KeyExchange::generate(*rekey.terms.group, state.random);
        payloads.push_back(
            wire::KePayload{static_cast<std::uint16_t>(*rekey.terms.group), own->public_value()});
        rekey.key_exchange = std::move(*own);
    }
    payloads.push_back(wire::TsiPayload{old->own_selectors});
    payloads.push_back(wire::TsrPayload{old->peer_selectors});
    return Request{wire::ExchangeType::create_child_sa, std::move(payloads), std::move(rekey)};
}

void take_child_rekey(State& state, IkeSa& ike_sa, ChildRekey& rekey, const Payloads& response) {
    if (const auto* error = wire::find_error(response)) {
        refused_child_rekey(state, ike_sa, rekey, error->type);
        return;
    }
    const auto* sa = wire::find<wire::SaPayload>(response);
    const auto* nonce = wire::find<wire::NoncePayload>(response);
    const auto chosen = sa != nullptr ? select_esp(*sa, std::span(&rekey.terms, 1)) : std::nullopt;
    const auto shared = shared_secret(rekey.key_exchange, response);
    if (!chosen || nonce == nullptr || !shared ||
        wire::find<wire::TsiPayload>(response) == nullptr ||
        wire::find<wire::TsrPayload>(response) == nullptr) {
        state.fault("a response to the rekey of a Child SA that is not what was offered");
        return;
    }
    const Nonces nonces{rekey.nonce, nonce->data};
    Child& child = install_child(ike_sa, {.terms = rekey.terms,
                                          .inbound = rekey.fresh,
                                          .outbound = {Reader(chosen->peer_spi).u32()},
                                          .nonces = nonces,
                                          .shared = shared->view(),
                                          .exchange_initiator = true});
    child.own_selectors = wire::find<wire::TsiPayload>(response)->selectors;
    child.peer_selectors = wire::find<wire::TsrPayload>(response)->selectors;
    child.peer_ready = true;  // RFC 7296 2.8: whoever answers has it in place
    const ChildSpi doomed = is_redundant(rekey.rival, nonces) ? rekey.fresh : rekey.old;
    ike_sa.association->wishes.push_front({DeleteChildWish{doomed}});
}

std::optional<Request> rekey_ike(State& state, IkeSa& ike_sa) {
    auto own = crypto::KeyExchange::generate(ike_sa.suite.group, state.random);
    IkeRekey rekey{.fresh = state.new_ike_spi(),
                   .nonce = state.random.bytes(32),
                   .key_exchange = std::move(*own),
                   .rival = std::nullopt};
    Payloads payloads{
        offer_ike(ike_sa.suite, Writer().u64(rekey.fresh.value).release()),
        wire::NoncePayload{rekey.nonce},
        wire::KePayload{static_cast<std::uint16_t>(ike_sa.suite.group),
                        rekey.key_exchange.public_value()},
    };
    return Request{wire::ExchangeType::create_child_sa, std::move(payloads), std::move(rekey)};
}

void take_ike_rekey(State& state, IkeSa& ike_sa, IkeRekey& rekey, const Payloads& response) {
    if (const auto* error = wire::find_error(response)) {
        if (rekey.rival) {
            ike_sa.stage = IkeSa::Stage::superseded;  // the client's own rekey stands
        } else if (error->type == NotifyType::temporary_failure) {
            ike_sa.association->wishes.push_back({RekeyIkeWish{}, state.now + retry_after});
        } else {
            state.fault("an IKE SA's rekey refused with " + wire::name(error->type));
        }
        return;
    }
    const auto* sa = wire::find<wire::SaPayload>(response);
    const auto* nonce = wire::find<wire::NoncePayload>(response);
    const auto* ke = wire::find<wire::KePayload>(response);
    const auto chosen = sa != nullptr ? select_ike(*sa, std::span(&ike_sa.suite, 1)) : std::nullopt;
    if (!chosen || chosen->peer_spi.size() != 8 || nonce == nullptr || ke == nullptr) {
        state.fault("a response to the rekey of an IKE SA that is not what was offered");
        return;
    }
    const auto shared = rekey.key_exchange.derive(ke->data);
    if (!shared) {
        state.fault("a public value that can't be used in the rekey of an IKE SA");
        return;
    }
    const Nonces nonces{rekey.nonce, nonce->data};
    const IkeSpiPair spis{rekey.fresh, {Reader(chosen->peer_spi).u64()}};
    SaKeys keys = rekeyed_keys({ike_sa.suite.prf, ike_sa.keys.d.view()}, chosen->suite, nonces,
                               shared->view(), spis);
    Protection protection(chosen->suite.cipher, keys, true);
    const bool redundant = is_redundant(rekey.rival, nonces);
    state.ike_sas.push_back(
        {.spis = spis,
         .original_initiator = true,  // RFC 7296 2.18: of the new IKE SA, whoever rekeyed the old
         .suite = chosen->suite,
         .keys = std::move(keys),
         .protection = std::move(protection),
         .association = ike_sa.association,
         .addresses = ike_sa.addresses,
         .stage = redundant ? IkeSa::Stage::closing : IkeSa::Stage::established,
         .peer_ready = true,
         .last_request = {},
         .last_response = {}});
    for (Child& child : ike_sa.association->children) {
        child.made_on = state.ike_sas.back().spis.responder;
    }
    ike_sa.stage = redundant ? IkeSa::Stage::superseded : IkeSa::Stage::closing;
    for (IkeSa& other : state.ike_sas) {
        if (rekey.rival && !redundant && other.spis.responder == rekey.rival_spi) {
            other.stage = IkeSa::Stage::superseded;
            other.forget = state.now + redundant_patience;
        }
    }
}

}  // namespace sim::gateway
