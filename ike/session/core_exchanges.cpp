// SPDX-License-Identifier: Apache-2.0
#include "ike/base/expects.hpp"
#include "ike/base/overloaded.hpp"
#include "ike/session/core.hpp"
#include "ike/session/sa/jittered.hpp"
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
        !ike().window.waiting()) {
        begin_next(now);
    }
}

void Session::Core::begin_next(Instant now) {
    renewal_due(now);
    if (closing_) {
        if (ike_sas_->successor() && !ike_sas_->successor()->sa->window.waiting()) {
            begin_delete_ike(*ike_sas_->successor()->sa,
                             now);  // the gateway may have that one only
        }
        begin_delete_ike(ike(), now);
        return;
    }
    if (mobike_.candidate) {  // roaming overtakes everything
        begin(ike(), {ExchangeType::informational, {}, TestPath{}}, now);
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
    if (!ike_sas_->successor() && begin_child_care(now)) {
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

/// True: a request has left.
bool Session::Core::begin_if_any(ChildSas::Next next, Instant now) {
    if (!next) {
        fail(next.error());
        return true;
    }
    if (!*next) {
        return false;
    }
    begin(ike(), **std::move(next), now);
    return true;
}

bool Session::Core::begin_rekey(Instant now) {
    if (begin_if_any(children_->next_creation(now), now)) {
        return true;
    }
    if (now >= ike_sas_->rekey_due()) {
        auto request = ike_sas_->rekey_request(std::nullopt);
        return begin_if_any(
            request ? ChildSas::Next(*std::move(request)) : ChildSas::Next(Fail{request.error()}),
            now);
    }
    return begin_if_any(children_->next_rekey(now), now);
}

void Session::Core::rekey_ike(Instant now) {
    if (phase_ != Phase::established) {
        return;
    }
    ike_sas_->rekey_now(now);
    pump(now);
}

void Session::Core::begin(IkeSa& sa, Request request, Instant now) {
    const bool update = std::holds_alternative<UpdateAddresses>(request.in_flight);
    challenge(sa, request.in_flight, request.payloads);
    counters_.count_sent(request.payloads);
    if (ike_sas_->is_in_use(sa)) {
        round_trip_.on_request(now);
    }
    sa.begin(std::move(request), now, config_.retransmission, env_.random);
    output_.send(mobike_.requests(), sa.window.request(),
                 update ? Transmit::Purpose::update_sa_addresses : Transmit::Purpose::exchange,
                 now);
}

void Session::Core::begin_delete_ike(IkeSa& sa, Instant now) {
    begin(sa,
          {ExchangeType::informational,
           {wire::DeletePayload{wire::ProtocolId::ike, {}}},
           DeleteIke{}},
          now);
}

void Session::Core::on_response(IkeSa& sa, std::span<const wire::Payload> payloads,
                                const Path& path, Instant now) {
    const InFlight answered = std::exchange(sa.in_flight, std::monostate{});
    // A repeated request's time is no less than that of one answer, which is better than nothing,
    // and than what is so short that it led to asking by other paths.
    const bool once = sa.window.transmissions() == 1;
    const bool measures = !rescue_ && (once || !round_trip_.known() || is_stale(answered));
    sa.window.end();
    sa.release_answer_soon(now);
    if (!passes_challenge(sa, payloads, now)) {
        return;
    }
    take_if_proved(path,
                   once && ike_sas_->is_in_use(sa) ? std::optional(round_trip_.since_request(now))
                                                   : std::nullopt,
                   now);
    if (measures && ike_sas_->is_in_use(sa) && same_way(path, mobike_.current)) {
        round_trip_.record(round_trip_.since_request(now));
    }
    std::visit(
        Overloaded{
            [](const std::monostate&) {},
            [&](const CreateChild& exchange) {
                const bool may_ask_again = ike_sas_->is_in_use(sa) && !closing_;
                on_child_outcome(children_->on_response(exchange, payloads, sa.key_source(),
                                                        esp_path(), may_ask_again, now),
                                 now);
            },
            [&](const RekeyIke& exchange) { on_rekey_response(exchange, sa, payloads, now); },
            [&](const DeleteChild& deletion) { emit_all(children_->on_deleted(deletion)); },
            [&](const DeleteIke&) {
                if (ike_sas_->is_in_use(sa)) {
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
    const bool carries = !children_->empty();
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
    refusals_.wait_until(now + jittered(verdict.wait, env_.random));
}

void Session::Core::on_rekey_granted() {
    refusals_.granted();
    renewal_.unwant();
}

}  // namespace ike::session
