// SPDX-License-Identifier: Apache-2.0
#include "ike/session/responder.hpp"

#include "ike/session/exchange/no_nats_allowed.hpp"
#include "ike/session/exchange/rekey_responder.hpp"
#include "ike/session/values/notify_reason.hpp"

#include <algorithm>
#include <iterator>

namespace ike::session {

using wire::ExchangeType;
using wire::NotifyPayload;
using wire::NotifyType;

using namespace std::chrono_literals;

Responder::Answer Responder::answer(IkeSa& sa, const wire::Header& header,
                                    std::span<const wire::Payload> payloads, const Path& path,
                                    bool closing, Instant now) {
    Answer answer;
    if (header.exchange == ExchangeType::informational) {
        answer_informational(payloads, path, now, answer);
        const auto deletes = wire::find_all<wire::DeletePayload>(payloads);
        answer.deletes_ike_sa = std::ranges::any_of(
            deletes, [](const auto* each) { return each->protocol == wire::ProtocolId::ike; });
    } else if (header.exchange == ExchangeType::create_child_sa) {
        answer_create_child_sa(sa, payloads, closing, now, answer);
    } else {
        answer.payloads = refusal(NotifyType::invalid_syntax);
    }
    if (const auto* error = wire::find_notify(payloads, NotifyType::authentication_failed)) {
        answer.refuses = failure_of(*error);
    }
    return answer;
}

void Responder::answer_informational(std::span<const wire::Payload> payloads, const Path& path,
                                     Instant now, Answer& answer) {
    // RFC 4555 3.6, 3.9: then nothing of it counts that has to do with addresses.
    if (nat_is_forbidden(payloads, path)) {
        answer.payloads = refusal(NotifyType::unexpected_nat_detected);
    } else if (auto addresses = peer_addresses(parts_, payloads, path.remote.address)) {
        answer.events.emplace_back(*std::move(addresses));
    }
    for (const auto* deletion : wire::find_all<wire::DeletePayload>(payloads)) {
        if (deletion->protocol == wire::ProtocolId::esp) {
            auto deleted = parts_.children.answer_delete(*deletion);
            std::ranges::move(deleted.payloads, std::back_inserter(answer.payloads));
            std::ranges::move(deleted.events, std::back_inserter(answer.events));
        }
    }
    if (parts_.children.lacks_one()) {
        // A new one, but not in a tight circle.
        parts_.refusals.wait_until(std::max(parts_.refusals.not_before(), now + 1s));
    }
    // RFC 4555 3.7: copied as it is into every response.
    if (const auto* cookie2 = wire::find_notify(payloads, NotifyType::cookie2)) {
        if (wire::is_cookie2_size(cookie2->data.size())) {
            answer.payloads.emplace_back(
                NotifyPayload{.type = NotifyType::cookie2, .data = cookie2->data, .spi = {}});
        }
    }
    // RFC 4478 3: a new lifetime of the authentication replaces the old one.
    const auto* lifetime = wire::find_notify(payloads, NotifyType::auth_lifetime);
    if (lifetime != nullptr && lifetime->data.size() == 4) {
        parts_.renewal.authentication_lasts(std::chrono::seconds(Reader(lifetime->data).u32()),
                                            now);
    }
}

void Responder::answer_create_child_sa(IkeSa& sa, std::span<const wire::Payload> payloads,
                                       bool closing, Instant now, Answer& answer) {
    const auto* rekey = wire::find_notify(payloads, NotifyType::rekey_sa);
    // RFC 7296 2.25: while we close, or on an IKE SA that is being left, nothing new is
    // made. 2.25.2: neither is a Child SA rekeyed while we rekey the IKE SA.
    if (closing || !parts_.ike_sas.is_in_use(sa) ||
        (rekey != nullptr && sa.is_in_flight<RekeyIke>())) {
        answer.payloads = refusal(NotifyType::temporary_failure);
        return;
    }
    if (rekey != nullptr) {
        auto rekeyed =
            parts_.children.answer_rekey(*rekey, payloads, std::get_if<CreateChild>(&sa.in_flight),
                                         sa.key_source(), parts_.esp_path(), now);
        answer.payloads = std::move(rekeyed.payloads);
        answer.events = std::move(rekeyed.events);
        return;
    }
    const auto* offer = wire::find<wire::SaPayload>(payloads);
    const bool ike = offer != nullptr && !offer->proposals.empty() &&
                     offer->proposals.front().protocol == wire::ProtocolId::ike;
    if (ike) {
        answer_rekey_ike(sa, payloads, answer);
    } else {
        // RFC 7296 1.3: those that we want we ask for.
        answer.payloads = refusal(NotifyType::no_additional_sas);
    }
}

void Responder::answer_rekey_ike(IkeSa& sa, std::span<const wire::Payload> payloads,
                                 Answer& answer) {
    auto rekeyed = parts_.ike_sas.answer_rekey(sa, payloads);
    if (!rekeyed) {
        answer.failure = {Reason::crypto_failure, std::string(crypto::name(rekeyed.error()))};
        return;
    }
    answer.payloads = std::move(rekeyed->payloads);
    answer.lost = std::move(rekeyed->lost);
}

std::optional<GatewayAddresses> peer_addresses(Association& parts,
                                               std::span<const wire::Payload> payloads,
                                               const IpAddress& sender) {
    if (!parts.paths.supported()) {
        return std::nullopt;
    }
    auto addresses = parts.lasting.addresses.on_peer_payloads(payloads, sender,
                                                              parts.children.remote_selectors());
    return addresses ? std::optional(GatewayAddresses{*std::move(addresses)}) : std::nullopt;
}

}  // namespace ike::session
