// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/eap_rounds.hpp"

#include "ike/base/overloaded.hpp"
#include "ike/session/exchange/eap_failure.hpp"
#include "ike/session/values/notify_reason.hpp"

namespace ike::session {

namespace {

// RFC 7296 2.16 asks for ten at least. A method that carries certificates in fragments takes some
// more.
constexpr unsigned most_rounds = 64;

/// A response without EAP ends it, whoever is at fault.
EapRounds::Ended without_eap(std::span<const wire::Payload> payloads, bool begun) {
    if (const auto* error = wire::find_error(payloads)) {
        return {failure_of(*error, begun ? "EAP" : "IKE_AUTH")};
    }
    return {{Reason::eap_skipped,
             begun ? "the gateway left EAP before it was through"
                   : "the gateway took us in without asking for the name and the password"},
            true};
}

}  // namespace

EapRounds::Outcome EapRounds::on_response(std::span<const wire::Payload> payloads) {
    const auto* packet = wire::find<wire::EapPayload>(payloads);
    if (packet == nullptr) {
        return without_eap(payloads, rounds_ > 0);
    }
    if (++rounds_ > most_rounds) {
        return Ended{{Reason::protocol_error, "the gateway has asked for more than " +
                                                  std::to_string(most_rounds) + " rounds of EAP"},
                     true};
    }
    auto outcome = peer_.receive(packet->data);
    return std::visit(
        Overloaded{[](eap::Peer::Response& response) -> Outcome {
                       return Respond{{std::move(response.packet)}, std::move(response.notice)};
                   },
                   [](eap::Peer::Success& success) -> Outcome {
                       return Succeeded{std::move(success.msk)};
                   },
                   [&](const eap::Failure& failure) -> Outcome {
                       return Ended{failure_of(failure), !eap::is_failure(packet->data)};
                   }},
        outcome);
}

}  // namespace ike::session
