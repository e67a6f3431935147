// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/digest.hpp"
#include "tests/sim/gateway/exchanges.hpp"

#include <algorithm>

// IKE_SA_INIT, RFC 7296 1.2, 2.6 and 2.7.
namespace sim::gateway {

using namespace ike;
using wire::NotifyType;

namespace {

struct InitRequest {
    wire::Header header;
    Payloads payloads;
    const wire::SaPayload* sa = nullptr;
    const wire::KePayload* ke = nullptr;
    const wire::NoncePayload* nonce = nullptr;
};

void say(State& state, const Datagram& request, const wire::Header& header,
         const Payloads& payloads) {
    state.transcript.push_back(
        {true, header, payloads, {.local = request.to, .remote = request.from}, state.now});
    state.outbox.push_back(
        {.from = request.to, .to = request.from, .bytes = wire::encode_message(header, payloads)});
}

wire::Header response_header(const wire::Header& request, IkeSpi responder) {
    return {.initiator_spi = request.initiator_spi,
            .responder_spi = responder,
            .exchange = wire::ExchangeType::ike_sa_init,
            .response = true,
            .message_id = {0}};
}

/// Without making any state; the responder's SPI stays zero.
void refuse(State& state, const Datagram& request, const wire::Header& header,
            wire::Payload notify) {
    say(state, request, response_header(header, {0}), {std::move(notify)});
}

/// RFC 7296 2.6: made from what the initiator has shown and a secret, so that nothing is kept.
Bytes cookie_for(const InitRequest& request, const Endpoint& from) {
    return crypto::sha1(Writer()
                            .put(as_bytes("the secret of this gateway"))
                            .put(request.nonce->data)
                            .put(from.address.bytes())
                            .u64(request.header.initiator_spi.value)
                            .release());
}

bool shows_cookie(State& state, const InitRequest& request, const Endpoint& from) {
    const wire::NotifyPayload* cookie = wire::find_notify(request.payloads, NotifyType::cookie);
    if (cookie == nullptr || cookie->data != cookie_for(request, from)) {
        return false;
    }
    // RFC 7296 2.6: the cookie as the first payload, and all others unchanged.
    if (std::get_if<wire::NotifyPayload>(&request.payloads.front()) != cookie) {
        state.fault("COOKIE is not the first payload of IKE_SA_INIT");
    }
    return true;
}

std::optional<InitRequest> parse(const Datagram& datagram) {
    auto message = wire::decode_message(datagram.bytes);
    if (!message || message->header.response || !message->header.from_original_initiator ||
        message->header.message_id != MessageId{0} || message->header.responder_spi.value != 0 ||
        message->header.initiator_spi.value == 0) {
        return std::nullopt;
    }
    InitRequest request{.header = message->header, .payloads = std::move(message->payloads)};
    request.sa = wire::find<wire::SaPayload>(request.payloads);
    request.ke = wire::find<wire::KePayload>(request.payloads);
    request.nonce = wire::find<wire::NoncePayload>(request.payloads);
    if (request.sa == nullptr || request.ke == nullptr || request.nonce == nullptr) {
        return std::nullopt;
    }
    return request;
}

/// Whether the initiator has to come again in another way, and was told so.
bool turned_back(State& state, const Datagram& datagram, const InitRequest& request,
                 const std::optional<ChosenIke>& chosen) {
    const auto back = [&](wire::Payload payload) {
        refuse(state, datagram, request.header, std::move(payload));
        return true;
    };
    if (state.config.refuse.ike_sa_init) {
        return back(notify(*state.config.refuse.ike_sa_init));
    }
    if (state.config.demand_cookie && !shows_cookie(state, request, datagram.from)) {
        return back(notify(NotifyType::cookie, cookie_for(request, datagram.from)));
    }
    if (!chosen) {
        return back(notify(NotifyType::no_proposal_chosen));
    }
    const auto group = static_cast<std::uint16_t>(chosen->suite.group);
    if (request.ke->group != group) {
        return back(notify(NotifyType::invalid_ke_payload, Writer().u16(group).release()));
    }
    return false;
}

/// RFC 7296 2.23: from where the request seems to come, and where it went.
void add_nat_detection(Payloads& payloads, const IkeSpiPair& spis, const Datagram& request) {
    payloads.push_back(
        notify(NotifyType::nat_detection_source_ip, nat_detection(spis, request.to)));
    payloads.push_back(
        notify(NotifyType::nat_detection_destination_ip, nat_detection(spis, request.from)));
}

void accept(State& state, const Datagram& datagram, const InitRequest& request, ChosenIke chosen) {
    auto key_exchange = crypto::KeyExchange::generate(chosen.suite.group, state.random);
    const auto shared = key_exchange->derive(request.ke->data);
    if (!shared) {
        state.fault("a public value that can't be used in IKE_SA_INIT");
        return;
    }
    const IkeSpiPair spis{request.header.initiator_spi, state.new_ike_spi()};
    const Nonces nonces{request.nonce->data, state.random.bytes(32)};
    Payloads answer{wire::SaPayload{{chosen.proposal}},
                    wire::KePayload{request.ke->group, key_exchange->public_value()},
                    wire::NoncePayload{nonces.responder}};
    const bool nat_traversal =
        wire::find_notify(request.payloads, NotifyType::nat_detection_source_ip) != nullptr;
    if (nat_traversal) {
        add_nat_detection(answer, spis, datagram);
    }
    const bool fragmentation =
        state.config.fragmentation &&
        wire::find_notify(request.payloads, NotifyType::ikev2_fragmentation_supported) != nullptr;
    if (fragmentation) {  // RFC 7383 2.3
        answer.push_back(notify(NotifyType::ikev2_fragmentation_supported));
    }
    const wire::Header header = response_header(request.header, spis.responder);
    say(state, datagram, header, answer);

    state.associations.push_back({});
    state.associations.back().nat_traversal = nat_traversal;
    state.associations.back().fragmentation = fragmentation;
    state.associations.back().peer_behind_nat =
        nat_traversal &&
        is_behind_nat(request.payloads, {request.header.initiator_spi, {0}}, datagram.from);
    state.associations.back().esp_in_udp = state.associations.back().peer_behind_nat;
    SaKeys keys = initial_keys(chosen.suite, nonces, shared->view(), spis);
    Protection protection(chosen.suite.cipher, keys, false);
    state.ike_sas.push_back({.spis = spis,
                             .suite = chosen.suite,
                             .keys = std::move(keys),
                             .protection = std::move(protection),
                             .association = &state.associations.back(),
                             .expected_id = 1,
                             .last_request = {},
                             .last_response = {}});
    IkeSa& made = state.ike_sas.back();
    made.first_request = datagram.bytes;
    made.first_response = state.outbox.back().bytes;
    made.nonces = nonces;
}

}  // namespace

bool is_behind_nat(const Payloads& payloads, const IkeSpiPair& spis, const Endpoint& from) {
    const Bytes seen = nat_detection(spis, from);
    return std::ranges::none_of(
        wire::find_all<wire::NotifyPayload>(payloads), [&seen](const auto* one) {
            return one->type == NotifyType::nat_detection_source_ip && one->data == seen;
        });
}

void answer_ike_sa_init(State& state, const Datagram& datagram) {
    const auto request = parse(datagram);
    if (!request) {
        return;
    }
    state.transcript.push_back({false,
                                request->header,
                                request->payloads,
                                {.local = datagram.to, .remote = datagram.from},
                                state.now});
    for (const IkeSa& known : state.ike_sas) {
        if (known.first_request == datagram.bytes) {
            // RFC 7296 2.1: a retransmission; of use only while IKE_AUTH has not begun.
            if (known.stage == IkeSa::Stage::half_open) {
                state.outbox.push_back(
                    {.from = datagram.to, .to = datagram.from, .bytes = known.first_response});
            }
            return;
        }
    }
    const auto chosen = select_ike(*request->sa, state.config.ike_suites);
    if (!turned_back(state, datagram, *request, chosen)) {
        accept(state, datagram, *request, *chosen);
    }
}

}  // namespace sim::gateway
