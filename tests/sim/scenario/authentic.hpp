// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/scenario/story.hpp"

// Messages with the gateway's keys that its simulation would not send.
namespace sim {

/// On the IKE SA in use.
inline ike::Bytes from_gateway(World& world, ike::wire::ExchangeType exchange, std::uint32_t id,
                               const ike::wire::EncodedPayloads& inside, bool response = false) {
    const gateway::IkeSa* ike_sa = world.gateway().ike_sa();
    const ike::wire::Header header{.initiator_spi = ike_sa->spis.initiator,
                                   .responder_spi = ike_sa->spis.responder,
                                   .exchange = exchange,
                                   .response = response,
                                   .message_id = {id}};
    gateway::Protection protection(ike_sa->suite.cipher, ike_sa->keys, false);
    return protection.seal(header, inside, world.dice());
}

inline ike::Bytes from_gateway(World& world, ike::wire::ExchangeType exchange, std::uint32_t id,
                               const gateway::Payloads& payloads, bool response = false) {
    return from_gateway(world, exchange, id, ike::wire::encode_payloads(payloads), response);
}

/// A datagram of ours on the IKE SA in use, opened.
inline gateway::Payloads opened(World& world, const ike::Bytes& datagram) {
    const gateway::IkeSa* ike_sa = world.gateway().ike_sa();
    gateway::Protection protection(ike_sa->suite.cipher, ike_sa->keys, false);
    const auto payloads = protection.open(datagram);
    REQUIRE(payloads);
    return *payloads;
}

/// The answer that the gateway gets to its first request, if it asks this now. Its simulation does
/// not know of the request.
inline gateway::Payloads answer_to(World& world, ike::wire::ExchangeType exchange,
                                   const gateway::Payloads& request) {
    const std::size_t sent = world.sent().size();
    world.inject_down(from_gateway(world, exchange, 0, request), false);
    REQUIRE(world.sent().size() > sent);
    return opened(world, world.sent().at(sent).datagram);
}

inline bool says(const gateway::Payloads& answer, ike::wire::NotifyType type) {
    return ike::wire::find_notify(answer, type) != nullptr;
}

/// The gateway's inbound SPI of the Child SA in use.
inline ike::ChildSpi gateways_spi(const World& world) {
    return world.gateway().sending_child()->inbound;
}

/// A request for a rekey, of terms as they are.
inline gateway::Payloads rekey_of_child(const World& world, ike::ChildSpi old) {
    const gateway::Child* child = world.gateway().sending_child();
    return {ike::wire::child_sa_notify(ike::wire::NotifyType::rekey_sa, old),
            gateway::offer_esp(child->terms, {1, 2, 3, 4}),
            ike::wire::NoncePayload{ike::Bytes(32, 1)}, ike::wire::TsiPayload{child->own_selectors},
            ike::wire::TsrPayload{child->peer_selectors}};
}

}  // namespace sim
