// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/key_schedule.hpp"
#include "ike/session/exchange/cookie2.hpp"
#include "ike/session/exchange/exchange_window.hpp"
#include "ike/session/exchange/in_flight.hpp"
#include "ike/session/exchange/reassembly.hpp"
#include "ike/session/exchange/sk_message.hpp"
#include "ike/session/values/counters.hpp"
#include "ike/session/values/event.hpp"

#include <optional>
#include <span>

namespace ike::session {

/// An answer of ours, the window's last, that is yet to leave.
struct HeldAnswer {
    Path path;
    Instant until;
};

/// One IKE SA: keys, Message IDs, and the exchange in flight. A session has one that it uses, and
/// for a moment others that a rekey made or left behind.
struct IkeSa {
    IkeSpis spis;
    bool we_initiated = true;  // this very IKE SA, not the first of the series (RFC 7296 2.2)
    crypto::PrfId prf{};
    std::uint16_t key_bits = 0;  // of its cipher
    crypto::SecretBytes sk_d;
    SealedMessages messages;
    ExchangeWindow window;
    InFlight in_flight;
    std::optional<HeldAnswer> held_answer = std::nullopt;
    std::optional<Challenge> challenge = std::nullopt;  // of the request in flight

    [[nodiscard]] KeySource key_source() const { return {prf, sk_d.view(), key_bits}; }
    template <class Exchange>
    [[nodiscard]] bool is_in_flight() const {
        return std::holds_alternative<Exchange>(in_flight);
    }

    bool fragmentation = false;  // RFC 7383 2.3: both sides have said that they know it
    PlainMessage last_asked = {};
    PlainMessage last_answered = {};
    Reassembly requests = {};  // of the peer's
    Reassembly responses = {};
    /// The largest datagram of the peer's last request if it came in fragments.
    std::optional<std::size_t> asked_in_fragments = std::nullopt;

    /// Seals a request, which is window.request() then; it is about to leave for the first time.
    void begin(Request request, Instant now, const RetransmissionPolicy& policy,
               crypto::Random& random);
    /// Seals the answer to a request, which is window.last_response() then. False: it has to wait
    /// until held_answer->until, for the gateway is about to take it for something else.
    bool answer(const wire::Header& request, std::span<const wire::Payload> payloads,
                const Path& path, Instant now, crypto::Random& random);
    /// Divides the request, or the last response, if it is larger than this and the peer knows
    /// fragments; makes a request whole that was divided for a peer that seemed to. A message that
    /// fits stays as it is, byte for byte (RFC 7296 2.1, RFC 7383 2.5.2).
    void fit_request(std::size_t largest, MobikeCounters& counters, crypto::Random& random);
    void fit_response(std::size_t largest, MobikeCounters& counters, crypto::Random& random);

    /// Opens a datagram that the window lets in. Of a fragmented message it gives the payloads when
    /// the last fragment is in.
    Result<std::vector<wire::Payload>, OpenError> open(ByteView datagram, MobikeCounters& counters);
    /// One datagram by itself: a message, or a fragment that is put nowhere.
    Result<SealedMessages::Opened, OpenError> open_alone(ByteView datagram);
    /// The packet that a held answer has waited for came in.
    void release_answer_soon(Instant now);

  private:
    Result<SealedMessages::Opened, OpenError> open_fragment(const wire::SkEnvelope& envelope,
                                                            MobikeCounters& counters);
};

}  // namespace ike::session
