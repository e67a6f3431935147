// SPDX-License-Identifier: Apache-2.0
#include "ike/base/expects.hpp"
#include "ike/base/overloaded.hpp"
#include "ike/session/core.hpp"
#include "ike/session/values/notify_reason.hpp"

#include <algorithm>

namespace ike::session {

using wire::ExchangeType;
using wire::NotifyPayload;
using wire::NotifyType;

namespace {

// What another IKE SA that carries on gets to be made in, and where nothing is carried meanwhile.
constexpr Duration renewal_patience = 2min;
constexpr Duration renewal_patience_without_child = 10s;
constexpr Duration closing_patience =
    2s;  // a gateway that does not answer a Delete must not hold us up

/// It told addresses, and has to be followed by another one.
bool is_stale(const InFlight& exchange) {
    const auto* update = std::get_if<UpdateAddresses>(&exchange);
    const auto* announcement = std::get_if<AnnounceAddresses>(&exchange);
    return (update != nullptr && update->stale) || (announcement != nullptr && announcement->stale);
}

}  // namespace

/// After every input: what should be said to the gateway and has not been, if nothing is in flight.
void Session::Core::pump(Instant now) {
    if (phase_ == Phase::established && !output_.on_hold() && !undecided() &&
        !ike_->window.waiting()) {
        begin_next(now);
    }
}

void Session::Core::begin_next(Instant now) {
    renewal_due(now);
    if (closing_) {
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
        if (now >= mobike_.update_from) {
            begin_update(now);
        }
        return;
    }
    if (additional_.pending() && mobike_.supported) {
        begin_announcement(now);
        return;
    }
    // RFC 7296 2.25.2: an IKE SA that the gateway has rekeyed makes and closes no Child SA.
    if (!ike_successor_ && begin_child_care(now)) {
        return;
    }
    if (const auto due = peer_.next_request_due(); due && now >= *due) {
        begin_liveness(now);
    }
}

/// First it is told, and somebody may make another IKE SA in time.
void Session::Core::renewal_due(Instant now) {
    if (closing_) {
        return;
    }
    switch (renewal_.due(now)) {
        case Renewal::Step::none:
            return;
        case Renewal::Step::tell:
            output_.emit(ReauthenticationDue{});
            return;
        case Renewal::Step::end:
            begin_closing(renewal_.why(), now);
            return;
    }
}

/// The IKE SA is to be deleted. RFC 7296 2.21.3 advises it, too, when the two sides do not agree.
void Session::Core::begin_closing(Failure why, Instant now) {
    if (!closing_) {
        closing_ = Closing{std::move(why), now + closing_patience};
        mobike_.candidate.reset();
        stay_behind(now);
    }
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
        round_trip_.on_request(now);
    }
    sa.window.begin(sa.messages.seal(header, payloads, env_.random), now, config_.retransmission,
                    env_.random);
    output_.send(mobike_.requests(), sa.window.request(),
                 update ? Transmit::Purpose::update_sa_addresses : Transmit::Purpose::exchange,
                 now);
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
    const bool measures = !rescue_ && (once || !round_trip_.known() || is_stale(answered));
    sa.window.end();
    release_answer_soon(sa, now);
    if (!passes_challenge(sa, payloads, now)) {
        return;
    }
    take_if_proved(
        path, once && &sa == ike_ ? std::optional(round_trip_.since_request(now)) : std::nullopt,
        now);
    if (measures && &sa == ike_ && same_way(path, mobike_.current)) {
        round_trip_.record(round_trip_.since_request(now));
    }
    std::visit(
        Overloaded{
            [](const std::monostate&) {},
            [&](const CreateChild& exchange) { on_child_response(exchange, sa, payloads, now); },
            [&](const RekeyIke& exchange) { on_rekey_response(exchange, sa, payloads, now); },
            [&](const DeleteChild& deletion) { remove_child(deletion.inbound); },
            [&](const DeleteIke&) {
                if (&sa == ike_) {
                    finish(closing_->why);
                } else {
                    drop_ike_sa(sa);
                }
            },
            [&](const Liveness& liveness) { on_liveness_response(liveness, payloads, path); },
            [&](const AnnounceAddresses& announcement) {
                on_announcement_response(announcement, payloads);
            },
            [](const TestPath&) {},
            [&](const UpdateAddresses& update) { on_update_response(update, payloads, now); }},
        answered);
}

void Session::Core::on_rekey_refused(const NotifyPayload& notify, Instant now) {
    env_.log.info("rekey refused", {{"notify", wire::name(notify.type)}});
    const bool carries = !children_.empty();
    const auto verdict = refusals_.refused(notify.type, carries);
    if (verdict.hopeless) {
        renewal_.want({Reason::rekey_refused, failure_of(notify).detail + " to each rekey"},
                      carries ? renewal_patience : renewal_patience_without_child, now);
    }
    // RFC 4555 3.8: what the gateway asks may no longer reach us, and it waits for our answer.
    if (notify.type == NotifyType::temporary_failure && watches_mapping() &&
        refusals_.is_suspicious()) {
        mobike_.pending_update = true;
    }
    // Varied, or two sides that refuse each other would do so in step for ever.
    retry_at_ = now + before(verdict.wait);
}

void Session::Core::on_rekey_granted() {
    refusals_.granted();
    renewal_.unwant();
}

}  // namespace ike::session
