// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/key_schedule.hpp"
#include "ike/session/exchange/cookie2.hpp"
#include "ike/session/exchange/exchange_window.hpp"
#include "ike/session/exchange/in_flight.hpp"
#include "ike/session/exchange/sk_message.hpp"
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
    crypto::SecretBytes sk_d;
    SealedMessages messages;
    ExchangeWindow window;
    InFlight in_flight;
    std::optional<HeldAnswer> held_answer = std::nullopt;
    std::optional<Challenge> challenge = std::nullopt;  // of the request in flight

    [[nodiscard]] KeySource key_source() const { return {prf, sk_d.view()}; }
    template <class Exchange>
    [[nodiscard]] bool is_in_flight() const {
        return std::holds_alternative<Exchange>(in_flight);
    }

    /// Seals a request, which is window.request() then; it is about to leave for the first time.
    void begin(Request request, Instant now, const RetransmissionPolicy& policy,
               crypto::Random& random);
    /// Seals the answer to a request, which is window.last_response() then. False: it has to wait
    /// until held_answer->until, for the gateway is about to take it for something else.
    bool answer(const wire::Header& request, std::span<const wire::Payload> payloads,
                const Path& path, Instant now, crypto::Random& random);
    /// What a held answer has waited for came in.
    void release_answer_soon(Instant now);
};

}  // namespace ike::session
