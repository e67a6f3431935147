// SPDX-License-Identifier: Apache-2.0
#include "ike/base/expects.hpp"
#include "ike/base/overloaded.hpp"
#include "ike/session/core.hpp"
#include "ike/session/notify_reason.hpp"

#include <algorithm>

namespace ike::session {

using wire::ExchangeType;
using wire::NotifyPayload;
using wire::NotifyType;

namespace {

constexpr Duration retry_temporary = 2s;  // RFC 7296 2.25: not at once, while the peer does its own
constexpr Duration retry_refused = 30s;   // a refusal may be a passing state of the gateway
constexpr unsigned max_refusals = 10;     // then the two sides don't understand each other
constexpr unsigned suspicious_refusals = 4;  // longer than the gateway is busy by itself
constexpr Duration longest_authentication = 10 * 365 * 24h;  // what is longer is for ever

/// It told addresses, and has to be followed by another one.
bool is_stale(const InFlight& exchange) {
    const auto* update = std::get_if<UpdateAddresses>(&exchange);
    const auto* announcement = std::get_if<AnnounceAddresses>(&exchange);
    return (update != nullptr && update->stale) || (announcement != nullptr && announcement->stale);
}

}  // namespace

/// After every input: what should be said to the gateway and has not been, if nothing is in flight.
void Session::Core::pump(Instant now) {
    if (phase_ == Phase::established && !holding_ && !undecided() && !ike_->window.waiting()) {
        begin_next(now);
    }
}

void Session::Core::begin_next(Instant now) {
    authentication_due(now);
    if (close_at_) {
        if (ike_successor_ && !ike_successor_->sa->window.waiting()) {
            begin_delete_ike(*ike_successor_->sa, now);  // the gateway may have that one only
        }
        begin_delete_ike(*ike_, now);
        return;
    }
    if (mobike_.candidate) {  // roaming overtakes everything
        begin(*ike_, ExchangeType::informational, {}, TestPath{}, now);
        return;
    }
    if (mobike_.pending_update) {
        begin_update(now);
        return;
    }
    if (pending_announcement_ && mobike_.supported) {
        begin_announcement(now);
        return;
    }
    // RFC 7296 2.25.2: an IKE SA that the gateway has rekeyed makes and closes no Child SA.
    if (!ike_successor_ && begin_child_care(now)) {
        return;
    }
    if (config_.liveness > Duration::zero() && now >= last_heard_ + config_.liveness) {
        begin_liveness(now);
    }
}

/// RFC 4478 3: first it is said, and somebody may make another IKE SA in time, which there is for
/// it however late we are.
void Session::Core::authentication_due(Instant now) {
    if (!authentication_ || now < authentication_->due || close_at_) {
        return;
    }
    if (!authentication_->told) {
        authentication_ =
            AuthenticationEnd{.due = std::max(authentication_->end, now + 2s), .told = true};
        emit(ReauthenticationDue{});
    } else {
        closing_ = {Reason::reauthentication_due, "the gateway's AUTH_LIFETIME is over"};
        close_at_ = now + 2s;
    }
}

void Session::Core::authentication_lasts(Duration lifetime, Instant now) {
    lifetime = std::min(lifetime, longest_authentication);
    authentication_ =
        AuthenticationEnd{.due = now + lifetime * 9 / 10, .end = now + lifetime * 19 / 20};
}

bool Session::Core::begin_rekey(Instant now) {
    if (begin_missing_child(now)) {
        return true;
    }
    if (now >= ike_rekey_at_) {
        begin_rekey_ike(std::nullopt, now);
        return true;
    }
    for (const Child& child : children_) {
        if (now >= child.rekey_at && may_rekey(child)) {
            begin_create_child(child.terms.policy, &child, std::nullopt, now);
            return true;
        }
    }
    return false;
}

void Session::Core::rekey_ike(Instant now) {
    ike_rekey_at_ = now;
    pump(now);
}

void Session::Core::begin(IkeSa& sa, ExchangeType type, Payloads payloads, InFlight in_flight,
                          Instant now) {
    const wire::Header header{.initiator_spi = sa.spis.initiator,
                              .responder_spi = sa.spis.responder,
                              .exchange = type,
                              .from_original_initiator = sa.we_initiated,
                              .message_id = sa.window.next_request()};
    const bool update = std::holds_alternative<UpdateAddresses>(in_flight);
    challenge(sa, in_flight, payloads);
    counters_.count_sent(payloads);
    sa.in_flight = std::move(in_flight);
    if (&sa == ike_) {
        asked_at_ = now;
    }
    sa.window.begin(sa.messages.seal(header, payloads, env_.random), now, config_.retransmission,
                    env_.random);
    transmit(mobike_.requests(), sa.window.request(),
             update ? Transmit::Purpose::update_sa_addresses : Transmit::Purpose::exchange, now);
}

void Session::Core::begin_delete_ike(IkeSa& sa, Instant now) {
    begin(sa, ExchangeType::informational, {wire::DeletePayload{wire::ProtocolId::ike, {}}},
          DeleteIke{}, now);
}

void Session::Core::on_response(IkeSa& sa, std::span<const wire::Payload> payloads,
                                const Path& path, Instant now) {
    const InFlight answered = std::exchange(sa.in_flight, std::monostate{});
    // A repeated request's time is no less than that of one answer, which is better than nothing,
    // and than what is so short that it led to asking by other paths.
    const bool once = sa.window.transmissions() == 1;
    const bool measures = !rescue_ && (once || !round_trip_.measured || is_stale(answered));
    sa.window.end();
    release_answer_soon(sa, now);
    if (!passes_challenge(sa, payloads, now)) {
        return;
    }
    take_if_proved(path, once && &sa == ike_ ? std::optional(now - asked_at_) : std::nullopt, now);
    if (measures && &sa == ike_ && same_way(path, mobike_.current)) {
        round_trip_.measured = now - asked_at_;
    }
    std::visit(
        Overloaded{
            [](const std::monostate&) {},
            [&](const IkeAuth& exchange) { on_auth_response(sa, exchange, payloads, now); },
            [&](const CreateChild& exchange) { on_child_response(exchange, sa, payloads, now); },
            [&](const RekeyIke& exchange) { on_rekey_response(exchange, sa, payloads, now); },
            [&](const DeleteChild& deletion) { remove_child(deletion.inbound); },
            [&](const DeleteIke&) {
                if (&sa == ike_) {
                    finish(closing_);
                } else {
                    drop_ike_sa(sa);
                }
            },
            [&](const Liveness& liveness) { on_liveness_response(liveness, payloads, path); },
            [&](const AnnounceAddresses& announcement) {
                on_announcement_response(announcement, payloads);
            },
            [&](const TestPath&) { on_path_test_response(now); },
            [&](const UpdateAddresses& update) { on_update_response(update, payloads, now); }},
        answered);
}

void Session::Core::on_rekey_refused(const NotifyPayload& notify, Instant now) {
    const bool temporary = notify.type == NotifyType::temporary_failure;
    env_.log.info("rekey refused", {{"notify", wire::name(notify.type)}});
    if (++refusals_ >= max_refusals * (temporary ? 10 : 1)) {
        closing_ = failure_of(notify);
        close_at_ = now + 2s;
        return;
    }
    // RFC 4555 3.8: what the gateway asks may no longer reach us, and it waits for our answer.
    if (temporary && watches_mapping() && refusals_ % suspicious_refusals == 0) {
        mobike_.pending_update = true;
    }
    // Varied, or two sides that refuse each other would do so in step for ever.
    const Duration wait = temporary ? retry_temporary : retry_refused;
    retry_at_ = now + wait + before(wait);
}

}  // namespace ike::session
