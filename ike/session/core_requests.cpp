// SPDX-License-Identifier: Apache-2.0
#include "ike/session/core.hpp"
#include "ike/session/exchange/no_nats_allowed.hpp"
#include "ike/session/values/notify_reason.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ike::session {

using wire::ExchangeType;
using wire::NotifyPayload;
using wire::NotifyType;

namespace {

NotifyPayload notify(NotifyType type, Bytes data = {}) {
    return {.type = type, .data = std::move(data), .spi = {}};
}

}  // namespace

void Session::Core::on_request(IkeSa& sa, const wire::Header& header,
                               std::span<const wire::Payload> payloads, const Path& path,
                               Instant now) {
    if (phase_ != Phase::established) {
        return;  // RFC 7296 2.3: the gateway may not ask before IKE_AUTH is through
    }
    bool deleted = false;
    Payloads answer;
    if (header.exchange == ExchangeType::informational) {
        answer = answer_informational(payloads, path, now);
        const auto deletes = wire::find_all<wire::DeletePayload>(payloads);
        deleted = std::ranges::any_of(
            deletes, [](const auto* each) { return each->protocol == wire::ProtocolId::ike; });
    } else if (header.exchange == ExchangeType::create_child_sa) {
        answer = answer_create_child_sa(sa, payloads, now);
    } else {
        answer.push_back(notify(NotifyType::invalid_syntax));
    }
    if (phase_ == Phase::closed) {
        return;
    }
    respond(sa, header, answer, path, now);
    if (deleted) {
        on_ike_deleted(sa, now);
    } else if (const auto* error = wire::find_notify(payloads, NotifyType::authentication_failed)) {
        finish(failure_of(*error));
    }
}

void Session::Core::respond(IkeSa& sa, const wire::Header& request, const Payloads& payloads,
                            const Path& path, Instant now) {
    counters_.count_sent(payloads);
    if (sa.answer(request, payloads, path, now, env_.random)) {
        output_.send(path, sa.window.last_response(), Transmit::Purpose::exchange, now);
    }
}

void Session::Core::release_answer(IkeSa& sa, Instant now) {
    if (const auto held = std::exchange(sa.held_answer, std::nullopt)) {
        // It was we who let it wait: were it lost, strongSwan would ask again after 4 s only.
        output_.send(mobike_.lives(held->path) ? held->path : mobike_.requests(),
                     sa.window.last_response(), Transmit::Purpose::exchange, now);
    }
}

/// The gateway itself, for it is authentic, sent what can't be read (RFC 7296 2.21.3, 2.5).
void Session::Core::on_malformed(IkeSa& sa, const wire::Header& header,
                                 const wire::DecodeError& error, const Path& path, Instant now) {
    const bool critical = error.error == wire::WireError::unsupported_critical_payload;
    const Failure failure{
        critical ? Reason::unsupported_critical_payload : Reason::protocol_error,
        "the gateway sent a message that can't be read: " + std::string(wire::name(error.error))};
    if (header.response) {
        on_unreadable_response(sa, failure, now);
    } else if (phase_ != Phase::established) {
        return;  // RFC 7296 2.3: as on_request()
    } else if (critical) {
        // RFC 7296 2.5: that request is refused, the IKE SA goes on.
        respond(sa, header,
                {notify(NotifyType::unsupported_critical_payload, {error.payload_type})}, path,
                now);
    } else {
        respond(sa, header, {notify(NotifyType::invalid_syntax)}, path, now);
        finish(failure);
    }
}

/// RFC 7296 2.5: it is rejected, so its request has no answer that counts. The gateway would repeat
/// the same for ever.
void Session::Core::on_unreadable_response(IkeSa& sa, Failure failure, Instant now) {
    if (phase_ != Phase::established) {
        finish(std::move(failure));
        return;
    }
    const bool deletes = sa.is_in_flight<DeleteIke>();
    sa.in_flight = std::monostate{};
    sa.challenge.reset();
    sa.window.end();
    if (deletes && ike_sas_->is_in_use(sa)) {
        finish(closing_->why);
    } else if (deletes) {
        drop_ike_sa(sa);
    } else {
        begin_closing(std::move(failure), now);
    }
}

Session::Core::Payloads Session::Core::answer_informational(std::span<const wire::Payload> payloads,
                                                            const Path& path, Instant now) {
    // RFC 4555 3.6, 3.9: then nothing of it counts that has to do with addresses.
    const bool forbidden = nat_is_forbidden(payloads, path);
    Payloads answer;
    if (forbidden) {
        answer.push_back(notify(NotifyType::unexpected_nat_detected));
    } else {
        take_gateway_addresses(payloads, path.remote.address);
    }
    for (const auto* deletion : wire::find_all<wire::DeletePayload>(payloads)) {
        if (deletion->protocol == wire::ProtocolId::esp) {
            auto deleted = children_->answer_delete(*deletion);
            std::ranges::move(deleted.payloads, std::back_inserter(answer));
            emit_all(std::move(deleted.events));
        }
    }
    if (children_->lacks_one()) {
        refusals_.wait_until(
            std::max(refusals_.not_before(), now + 1s));  // a new one, but not in a tight circle
    }
    // RFC 4555 3.7: copied as it is into every response.
    if (const auto* cookie2 = wire::find_notify(payloads, NotifyType::cookie2)) {
        if (wire::is_cookie2_size(cookie2->data.size())) {
            answer.push_back(notify(NotifyType::cookie2, cookie2->data));
        }
    }
    // RFC 4478 3: a new lifetime of the authentication replaces the old one.
    const auto* lifetime = wire::find_notify(payloads, NotifyType::auth_lifetime);
    if (lifetime != nullptr && lifetime->data.size() == 4) {
        renewal_.authentication_lasts(std::chrono::seconds(Reader(lifetime->data).u32()), now);
    }
    return answer;
}

Session::Core::Payloads Session::Core::answer_create_child_sa(
    IkeSa& sa, std::span<const wire::Payload> payloads, Instant now) {
    // RFC 7296 2.25: while we close, or on an IKE SA that is being left, nothing new is made.
    if (closing_ || !ike_sas_->is_in_use(sa)) {
        return {notify(NotifyType::temporary_failure)};
    }
    if (const auto* rekey = wire::find_notify(payloads, NotifyType::rekey_sa)) {
        // RFC 7296 2.25.2
        if (sa.is_in_flight<RekeyIke>()) {
            return {notify(NotifyType::temporary_failure)};
        }
        auto answer =
            children_->answer_rekey(*rekey, payloads, std::get_if<CreateChild>(&sa.in_flight),
                                    sa.key_source(), esp_path(), now);
        emit_all(std::move(answer.events));
        return std::move(answer.payloads);
    }
    const auto* offer = wire::find<wire::SaPayload>(payloads);
    const bool ike = offer != nullptr && !offer->proposals.empty() &&
                     offer->proposals.front().protocol == wire::ProtocolId::ike;
    if (ike) {
        return answer_rekey_ike(sa, payloads);
    }
    return {notify(NotifyType::no_additional_sas)};  // RFC 7296 1.3: those that we want we ask for
}

}  // namespace ike::session
