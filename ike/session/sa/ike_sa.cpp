// SPDX-License-Identifier: Apache-2.0
#include "ike/session/sa/ike_sa.hpp"

namespace ike::session {

using namespace std::chrono_literals;

namespace {

// The answer that ours waits for is right behind the gateway's request, or lost.
constexpr Duration longest_hold = 20ms;
// From when strongSwan hands its answer to the thread that sends it, to when it puts the update
// away. Without this, 3 of 300 of our answers came too early on a machine with more to do.
constexpr Duration gateway_settles = 3ms;

}  // namespace

void IkeSa::begin(Request request, Instant now, const RetransmissionPolicy& policy,
                  crypto::Random& random) {
    const wire::Header header{.initiator_spi = spis.initiator,
                              .responder_spi = spis.responder,
                              .exchange = request.exchange,
                              .from_original_initiator = we_initiated,
                              .message_id = window.next_request()};
    in_flight = std::move(request.in_flight);
    window.begin(messages.seal(header, request.payloads, random), now, policy, random);
}

bool IkeSa::answer(const wire::Header& request, std::span<const wire::Payload> payloads,
                   const Path& path, Instant now, crypto::Random& random) {
    const wire::Header header{.initiator_spi = spis.initiator,
                              .responder_spi = spis.responder,
                              .exchange = request.exchange,
                              .from_original_initiator = we_initiated,
                              .response = true,
                              .message_id = request.message_id};
    window.answered(messages.seal(header, payloads, random));
    // strongSwan may ask for a rekey because of our UPDATE_SA_ADDRESSES, and before it has answered
    // that. Until it has, it takes whatever comes in with the same Message ID for a repeat of the
    // update, our answer too, and asks again only after 4 s.
    if (request.exchange == wire::ExchangeType::create_child_sa &&
        is_in_flight<UpdateAddresses>() && window.awaits(request.message_id)) {
        held_answer = HeldAnswer{path, now + longest_hold};
        return false;
    }
    held_answer.reset();
    return true;
}

void IkeSa::release_answer_soon(Instant now) {
    if (held_answer) {
        held_answer->until = now + gateway_settles;
    }
}

}  // namespace ike::session
