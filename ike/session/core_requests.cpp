// SPDX-License-Identifier: Apache-2.0
#include "ike/session/core.hpp"
#include "ike/session/exchange/no_nats_allowed.hpp"
#include "ike/session/values/notify_reason.hpp"

#include <algorithm>
#include <utility>

namespace ike::session {

using wire::ExchangeType;
using wire::NotifyPayload;
using wire::NotifyType;

namespace {

// Of a policy: as many Child SAs as a rekey by both sides at once makes, and one being deleted.
constexpr std::size_t max_children = 4;
// The answer that ours waits for is right behind the gateway's request, or lost.
constexpr Duration longest_hold = 20ms;
// From when strongSwan hands its answer to the thread that sends it, to when it puts the update
// away. Without this, 3 of 300 of our answers came too early on a machine with more to do.
constexpr Duration gateway_settles = 3ms;

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
    const wire::Header header{.initiator_spi = sa.spis.initiator,
                              .responder_spi = sa.spis.responder,
                              .exchange = request.exchange,
                              .from_original_initiator = sa.we_initiated,
                              .response = true,
                              .message_id = request.message_id};
    sa.window.answered(sa.messages.seal(header, payloads, env_.random));
    counters_.count_sent(payloads);
    // strongSwan may ask for a rekey because of our UPDATE_SA_ADDRESSES, and before it has answered
    // that. Until it has, it takes whatever comes in with the same Message ID for a repeat of the
    // update, our answer too, and asks again only after 4 s.
    if (request.exchange == ExchangeType::create_child_sa &&
        std::holds_alternative<UpdateAddresses>(sa.in_flight) &&
        sa.window.awaits(request.message_id)) {
        sa.held_answer = HeldAnswer{path, now + longest_hold};
        return;
    }
    answer(sa, path, now);
}

/// RFC 7296 2.11: the answer goes back the way the request came.
void Session::Core::answer(IkeSa& sa, const Path& path, Instant now) {
    sa.held_answer.reset();
    output_.send(path, sa.window.last_response(), Transmit::Purpose::exchange, now);
}

void Session::Core::release_answer_soon(IkeSa& sa, Instant now) {
    if (sa.held_answer) {
        sa.held_answer->until = now + gateway_settles;
    }
}

void Session::Core::release_answer(IkeSa& sa, Instant now) {
    if (const auto held = std::exchange(sa.held_answer, std::nullopt)) {
        // It was we who let it wait: were it lost, strongSwan would ask again after 4 s only.
        answer(sa, mobike_.lives(held->path) ? held->path : mobike_.requests(), now);
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
    const bool deletes = std::holds_alternative<DeleteIke>(sa.in_flight);
    sa.in_flight = std::monostate{};
    sa.challenge.reset();
    sa.window.end();
    if (deletes && &sa == ike_) {
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
            answer_delete(*deletion, answer);
        }
    }
    if (lacks_child()) {
        retry_at_ = std::max(retry_at_, now + 1s);  // a new one, but not in a tight circle
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

/// RFC 7296 1.4.1: for each of the gateway's inbound SAs that go, ours of the same pair goes.
void Session::Core::answer_delete(const wire::DeletePayload& deletion, Payloads& answer) {
    wire::DeletePayload ours{wire::ProtocolId::esp, {}};
    for (const ChildSpi outbound : deletion.spis) {
        const Child* child = children_.by_outbound(outbound);
        if (child == nullptr) {
            continue;
        }
        const ChildSpi inbound = child->terms.inbound;
        // RFC 7296 2.25.1: one that we are deleting ourselves is not named again.
        if (!child->deleting) {
            ours.spis.push_back(inbound);
        }
        if (child_rival_ && child_rival_->inbound == inbound) {
            child_rival_.reset();
        }
        remove_child(inbound);
    }
    if (!ours.spis.empty()) {
        answer.push_back(std::move(ours));
    }
}

Session::Core::Payloads Session::Core::answer_create_child_sa(
    IkeSa& sa, std::span<const wire::Payload> payloads, Instant now) {
    // RFC 7296 2.25: while we close, or on an IKE SA that is being left, nothing new is made.
    if (closing_ || &sa != ike_) {
        return {notify(NotifyType::temporary_failure)};
    }
    if (const auto* rekey = wire::find_notify(payloads, NotifyType::rekey_sa)) {
        return answer_child_rekey(sa, *rekey, payloads, now);
    }
    const auto* offer = wire::find<wire::SaPayload>(payloads);
    const bool ike = offer != nullptr && !offer->proposals.empty() &&
                     offer->proposals.front().protocol == wire::ProtocolId::ike;
    if (ike) {
        return answer_rekey_ike(sa, payloads);
    }
    return {notify(NotifyType::no_additional_sas)};  // RFC 7296 1.3: those that we want we ask for
}

Session::Core::Payloads Session::Core::answer_child_rekey(IkeSa& sa, const NotifyPayload& rekey,
                                                          std::span<const wire::Payload> payloads,
                                                          Instant now) {
    // RFC 7296 2.25.2
    if (std::holds_alternative<RekeyIke>(sa.in_flight)) {
        return {notify(NotifyType::temporary_failure)};
    }
    const auto spi = wire::child_spi(rekey);
    const Child* old = spi ? children_.by_outbound(*spi) : nullptr;
    if (old == nullptr) {
        return {NotifyPayload{.type = NotifyType::child_sa_not_found,
                              .data = {},
                              .protocol = rekey.protocol,
                              .spi = rekey.spi}};
    }
    // RFC 7296 2.25.1: being closed, or already replaced.
    if (old->deleting || old->delete_wanted || old->replaced_by ||
        children_.count(old->terms.policy) >= max_children) {
        return {notify(NotifyType::temporary_failure)};
    }
    const ChildSpi old_inbound = old->terms.inbound;
    const auto local = old->terms.local_selectors;
    const auto remote = old->terms.remote_selectors;
    ChildAnswer answer = answer_child_request(config_, env_.random,
                                              {.payloads = payloads,
                                               .inbound = env_.allocate_spi(),
                                               .policy = old->terms.policy,
                                               .local_selectors = local,
                                               .remote_selectors = remote},
                                              {sa.prf, sa.sk_d.view()});
    if (answer.made) {
        const ChildSpi inbound = answer.made->terms.inbound;
        const auto* ours = std::get_if<CreateChild>(&sa.in_flight);
        if (ours != nullptr && ours->wanted().old == old_inbound) {
            child_rival_ = ChildRival{inbound, answer.made->lowest_nonce};
        }
        install(*std::move(answer.made), old_inbound, now);
        children_.by_inbound(old_inbound)->replaced_by = inbound;
    }
    return std::move(answer.payloads);
}

}  // namespace ike::session
