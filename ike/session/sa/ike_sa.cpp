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
    last_asked = PlainMessage::of(header, request.payloads);
    for (wire::Payload& payload : request.payloads) {
        if (auto* eap = std::get_if<wire::EapPayload>(&payload)) {
            crypto::cleanse(eap->data);  // it may be a password
        }
    }
    window.begin(messages.seal(last_asked, random), now, policy, random);
}

bool IkeSa::answer(const wire::Header& request, std::span<const wire::Payload> payloads,
                   const Path& path, Instant now, crypto::Random& random) {
    const wire::Header header{.initiator_spi = spis.initiator,
                              .responder_spi = spis.responder,
                              .exchange = request.exchange,
                              .from_original_initiator = we_initiated,
                              .response = true,
                              .message_id = request.message_id};
    last_answered = PlainMessage::of(header, payloads);
    window.answered(messages.seal(last_answered, random));
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

void IkeSa::fit_request(std::size_t largest, MobikeCounters& counters, crypto::Random& random) {
    if (!fragmentation && window.request().size() > 1) {
        window.divide(messages.seal(last_asked, random));
    } else if (fragmentation && !fits(window.request(), largest)) {
        window.divide(messages.seal_fragments(last_asked, largest, random));
        counters.fragments_sent += window.request().size();
    }
}

void IkeSa::fit_response(std::size_t largest, MobikeCounters& counters, crypto::Random& random) {
    if (fragmentation && !fits(window.last_response(), largest)) {
        window.divide_response(messages.seal_fragments(last_answered, largest, random));
        counters.fragments_sent += window.last_response().size();
    }
}

Result<std::vector<wire::Payload>, OpenError> IkeSa::open(ByteView datagram,
                                                          MobikeCounters& counters) {
    const auto envelope = wire::decode_sk(datagram);
    if (!envelope) {
        const auto skf = static_cast<std::uint8_t>(wire::PayloadType::skf);
        counters.fragments_refused += envelope.error().payload_type == skf ? 1U : 0U;
        return Fail{OpenError(Unauthentic{})};
    }
    auto opened =
        envelope->fragment ? open_fragment(*envelope, counters) : messages.open(*envelope);
    if (!opened) {
        return Fail{opened.error()};
    }
    if (!envelope->header.response && !envelope->fragment) {
        asked_in_fragments.reset();
    }
    auto payloads = wire::decode_payloads(opened->first, opened->chain);
    if (!payloads) {
        return Fail{OpenError(payloads.error())};
    }
    return *std::move(payloads);
}

/// RFC 7383 2.6. Gives the whole message.
Result<SealedMessages::Opened, OpenError> IkeSa::open_fragment(const wire::SkEnvelope& envelope,
                                                               MobikeCounters& counters) {
    Reassembly& parts = envelope.header.response ? responses : requests;
    const auto use = fragmentation ? parts.use_of(envelope) : Reassembly::Use::refused;
    if (use == Reassembly::Use::superfluous) {
        return Fail{OpenError(Incomplete{})};
    }
    auto opened = use == Reassembly::Use::wanted
                      ? messages.open(envelope)
                      : Result<SealedMessages::Opened, OpenError>(Fail{OpenError(Unauthentic{})});
    if (!opened) {
        ++counters.fragments_refused;
        return opened;
    }
    ++counters.fragments_received;
    auto whole = parts.add(envelope, std::move(opened->chain));
    if (!whole) {
        return Fail{OpenError(Incomplete{})};
    }
    if (!envelope.header.response) {
        asked_in_fragments = whole->largest;
    }
    return SealedMessages::Opened{
        .first = whole->first, .chain = std::move(whole->chain), .fragment = std::nullopt};
}

Result<SealedMessages::Opened, OpenError> IkeSa::open_alone(ByteView datagram) {
    const auto envelope = wire::decode_sk(datagram);
    if (!envelope || (envelope->fragment && !fragmentation)) {
        return Fail{OpenError(Unauthentic{})};
    }
    return messages.open(*envelope);
}

void IkeSa::release_answer_soon(Instant now) {
    if (held_answer) {
        held_answer->until = now + gateway_settles;
    }
}

}  // namespace ike::session
