// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/gateway/state.hpp"

#include <algorithm>

// One function per exchange and direction. Each answer_* turns a request into the payloads of its
// response; each take_* digests the response to a request of the gateway's own.
namespace sim::gateway {

/// RFC 7296 2.23: no NAT_DETECTION_SOURCE_IP of the peer's is that of where its message came from.
bool is_behind_nat(const Payloads& payloads, const IkeSpiPair& spis, const ike::Endpoint& from);

/// Unprotected, and without state before the cookie and the group are right: sends by itself.
void answer_ike_sa_init(State& state, const Datagram& datagram);

Payloads answer_ike_auth(State& state, IkeSa& ike_sa, const AddressPair& from,
                         const Payloads& request);
Payloads answer_create_child_sa(State& state, IkeSa& ike_sa, const Payloads& request);
Payloads answer_informational(State& state, IkeSa& ike_sa, const AddressPair& from,
                              const Payloads& request);

/// RFC 4555 3.9: of a request that has to bring NO_NATS_ALLOWED, whether a NAT was on its way.
bool forbidden_nat(State& state, const IkeSa& ike_sa, const AddressPair& from,
                   const Payloads& request);
/// RFC 4555 3.4, 3.6: the peer's addresses besides that in the IP header.
void take_addresses(State& state, IkeSa& ike_sa, const Payloads& request);

/// A request of the gateway's own. None if its object is gone, or the client may not have it yet.
std::optional<Request> make_request(State& state, IkeSa& ike_sa, const Wish& wish);
void take_response(State& state, IkeSa& ike_sa, Purpose& purpose, const Payloads& response);

// The halves of make_request and take_response for CREATE_CHILD_SA.
std::optional<Request> rekey_child(State& state, IkeSa& ike_sa, const RekeyChildWish& wish);
std::optional<Request> rekey_ike(State& state, IkeSa& ike_sa);
void take_child_rekey(State& state, IkeSa& ike_sa, ChildRekey& rekey, const Payloads& response);
void take_ike_rekey(State& state, IkeSa& ike_sa, IkeRekey& rekey, const Payloads& response);

/// The lower of an exchange's two nonces, RFC 7296 2.8.1: compared byte by byte from the first.
inline ike::Bytes lowest(const ike::Bytes& left, const ike::Bytes& right) {
    return std::min(left, right);
}

}  // namespace sim::gateway
