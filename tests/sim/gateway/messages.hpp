// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/gateway/state.hpp"

// Messages as datagrams, both ways: one, or fragments (RFC 7383).
namespace sim::gateway {

/// In datagrams no larger than this, if the peer knows fragments (RFC 7383 2.4).
std::vector<ike::Bytes> sealed(State& state, IkeSa& ike_sa, const ike::wire::Header& header,
                               Payloads payloads, const AddressPair& addresses,
                               std::size_t largest);

void post(State& state, const std::vector<ike::Bytes>& datagrams, const ike::Endpoint& from,
          const ike::Endpoint& to);

/// The payloads of a message that is whole now.
std::optional<Payloads> take_in(State& state, IkeSa& ike_sa, const Datagram& datagram,
                                const ike::wire::Header& header, const Part& part);

/// RFC 7383 2.5.1: how large a response may be; what came by the path tells what that carries.
std::size_t largest_response(const State& state, const IkeSa& ike_sa);

}  // namespace sim::gateway
