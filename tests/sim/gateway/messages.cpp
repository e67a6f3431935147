// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/gateway/messages.hpp"

#include <algorithm>

namespace sim::gateway {

using namespace ike;

std::vector<Bytes> sealed(State& state, IkeSa& ike_sa, const wire::Header& header,
                          Payloads payloads, const AddressPair& addresses, std::size_t largest) {
    if (state.config.tamper) {
        state.config.tamper(header, payloads);
    }
    wire::EncodedPayloads chain = wire::encode_payloads(payloads);
    if (state.config.tamper_bytes) {
        state.config.tamper_bytes(chain);
    }
    std::vector<Bytes> datagrams{ike_sa.protection.seal(header, chain, state.random)};
    if (ike_sa.association->fragmentation && datagrams.front().size() > largest) {
        datagrams = ike_sa.protection.seal_fragments(header, chain, largest, state.random);
    }
    state.transcript.push_back({true, header, std::move(payloads), addresses, state.now});
    return datagrams;
}

void post(State& state, const std::vector<Bytes>& datagrams, const Endpoint& from,
          const Endpoint& to) {
    for (const Bytes& datagram : datagrams) {
        state.outbox.push_back({.from = from, .to = to, .bytes = datagram});
    }
}

std::optional<Payloads> take_in(State& state, IkeSa& ike_sa, const Datagram& datagram,
                                const wire::Header& header, const Part& part) {
    if (part.total == 0) {
        if (!header.response) {
            ike_sa.coming_in = {datagram.bytes};
            ike_sa.asked_in_fragments = 0;
        }
        auto payloads = wire::decode_payloads(part.first, part.content);
        return payloads ? std::optional(std::move(*payloads)) : std::nullopt;
    }
    if (!ike_sa.association->fragmentation) {
        state.fault("a fragment, which was not agreed upon");  // RFC 7383 2.4
        return std::nullopt;
    }
    auto outcome = ike_sa.fragments.add(header, part, datagram.bytes.size());
    if (!outcome.fault.empty()) {
        state.fault(std::move(outcome.fault));
    }
    if (!header.response) {
        ike_sa.coming_in.push_back(datagram.bytes);
        ike_sa.asked_in_fragments = outcome.largest;
    }
    if (!outcome.whole) {
        return std::nullopt;
    }
    auto payloads = wire::decode_payloads(outcome.whole->first, outcome.whole->bytes);
    return payloads ? std::optional(std::move(*payloads)) : std::nullopt;
}

std::size_t largest_response(const State& state, const IkeSa& ike_sa) {
    return ike_sa.asked_in_fragments == 0
               ? state.config.largest_datagram
               : std::min(state.config.largest_datagram, ike_sa.asked_in_fragments);
}

}  // namespace sim::gateway
