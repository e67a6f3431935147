// SPDX-License-Identifier: Apache-2.0
#include "ike/session/response_reader.hpp"

#include "ike/base/overloaded.hpp"
#include "ike/session/sa/jittered.hpp"
#include "ike/session/values/notify_reason.hpp"

#include <utility>

namespace ike::session {

using wire::NotifyPayload;
using wire::NotifyType;

using namespace std::chrono_literals;

namespace {

// The time for making another IKE SA while this one carries, and while nothing is carried.
constexpr Duration renewal_patience = 2min;
constexpr Duration renewal_patience_without_child = 10s;

/// It told addresses, and has to be followed by another one.
bool is_stale(const InFlight& exchange) {
    const auto* update = std::get_if<UpdateAddresses>(&exchange);
    const auto* addresses = std::get_if<AnnounceAddresses>(&exchange);
    return (update != nullptr && update->stale) || (addresses != nullptr && addresses->stale);
}

}  // namespace

void ResponseReader::on_response(IkeSa& sa, std::span<const wire::Payload> payloads,
                                 const Path& path, Instant now) {
    const InFlight answered = std::exchange(sa.in_flight, std::monostate{});
    const bool in_use = parts_.ike_sas.is_in_use(sa);
    const Duration took = parts_.round_trip.since_request(now);
    // A repeated request's time is no less than that of one answer, which is better than nothing,
    // and than what is so short that it led to asking by other paths.
    const bool once = sa.window.transmissions() == 1;
    const bool measures = !parts_.lasting.check.running() &&
                          (once || !parts_.round_trip.known() || is_stale(answered));
    sa.window.end();
    sa.release_answer_soon(now);
    if (!passes_challenge(sa, payloads, now)) {
        return;
    }
    const Duration margin =
        once && in_use ? parts_.round_trip.reorder_margin(took) : Duration::zero();
    requester_.apply(parts_.paths.on_answer_by(path, margin, now), now);
    if (measures && in_use && same_way(path, parts_.paths.current())) {
        parts_.round_trip.record(took);
    }
    std::visit(
        Overloaded{
            [](const std::monostate&) {}, [](const TestPath&) {},
            [&](const CreateChild& exchange) {
                const bool may_ask_again = in_use && !parts_.closing;
                on_child_outcome(parts_.children.on_response(exchange, payloads, sa.key_source(),
                                                             parts_.esp_path(), may_ask_again, now),
                                 now);
            },
            [&](const RekeyIke& exchange) { on_rekey_response(exchange, sa, payloads, now); },
            [&](const DeleteChild& deletion) {
                parts_.emit_all(parts_.children.on_deleted(deletion));
            },
            [&](const DeleteIke&) { on_delete_answered(sa); },
            [&](const Liveness& liveness) { on_liveness_response(liveness, payloads, path); },
            [&](const AnnounceAddresses& told) { on_addresses_response(told, payloads); },
            [&](const UpdateAddresses& update) { on_update_response(update, payloads, now); }},
        answered);
}

/// RFC 4555 3.7: an answer with another COOKIE2 than we sent, or without, ends the IKE SA, be it
/// stale or not.
bool ResponseReader::passes_challenge(IkeSa& sa, std::span<const wire::Payload> payloads,
                                      Instant now) {
    const auto challenge = std::exchange(sa.challenge, std::nullopt);
    if (!challenge) {
        return true;
    }
    if (!challenge->met_by(payloads)) {
        ++parts_.lasting.counters.cookie2_mismatch;
        requester_.begin_closing({Reason::return_routability_failed,
                                  "the gateway's answer by " + parts_.paths.requests().text() +
                                      " does not bring back our COOKIE2"},
                                 now);
        return false;
    }
    ++parts_.lasting.counters.cookie2_match;
    requester_.apply(parts_.paths.on_challenge_met(*challenge, parts_.lasting.output.on_hold()),
                     now);
    return true;
}

void ResponseReader::on_child_outcome(ChildSas::Outcome outcome, Instant now) {
    parts_.emit_all(std::move(outcome.events));
    std::visit(
        Overloaded{[](std::monostate) {}, [&](ChildSas::Outcome::Granted) { on_rekey_granted(); },
                   [&](Request& again) {
                       requester_.begin(parts_.ike_sas.in_use(), std::move(again), now);
                   },
                   [&](const ChildSas::Outcome::Refused& refused) {
                       on_rekey_refused(refused.notify, now);
                   },
                   [&](Failure& failure) { requester_.begin_closing(std::move(failure), now); },
                   [&](crypto::CryptoError error) { parts_.fail(error); }},
        outcome.next);
}

void ResponseReader::on_rekey_response(const RekeyIke& exchange, IkeSa& sa,
                                       std::span<const wire::Payload> payloads, Instant now) {
    auto outcome = exchange.on_response(payloads, sa.key_source());
    if (!std::holds_alternative<FreshIkeSa>(outcome) && parts_.ike_sas.successor()) {
        return;  // ours came to nothing, but the gateway's own rekey did not
    }
    std::visit(
        Overloaded{[&](FreshIkeSa& fresh) { on_rekeyed(sa, std::move(fresh), now); },
                   [&](const RekeyIke::OtherGroup& other) {
                       if (!parts_.closing) {
                           requester_.begin_if_any(parts_.ike_sas.rekey_request(other.group), now);
                       }
                   },
                   [&](const RekeyIke::Refused& refused) { on_rekey_refused(refused.notify, now); },
                   [&](const RekeyIke::Broken& broken) {
                       requester_.begin_closing(
                           {Reason::protocol_error,
                            "rekey of the IKE SA: the gateway sent " + broken.why},
                           now);
                   }},
        outcome);
}

void ResponseReader::on_rekeyed(IkeSa& old, FreshIkeSa fresh, Instant now) {
    on_rekey_granted();
    const auto made = parts_.ike_sas.on_rekeyed(std::move(fresh));
    if (!made) {
        parts_.fail(made.error());
    } else if (made->redundant != nullptr) {
        requester_.begin_delete(*made->redundant, now);
    } else {
        requester_.use(*made->fresh, now);
        requester_.begin_delete(old, now);
    }
}

void ResponseReader::on_rekey_granted() {
    parts_.refusals.granted();
    parts_.renewal.unwant();
}

void ResponseReader::on_rekey_refused(const NotifyPayload& notify, Instant now) {
    parts_.lasting.env.log.info("rekey refused", {{"notify", wire::name(notify.type)}});
    const bool carries = !parts_.children.empty();
    const auto verdict = parts_.refusals.refused(notify.type, carries);
    if (verdict.hopeless) {
        parts_.renewal.want({Reason::rekey_refused, failure_of(notify).detail + " to each rekey"},
                            carries ? renewal_patience : renewal_patience_without_child, now);
    }
    // RFC 4555 3.8: what the gateway asks may no longer reach us, and it waits for our answer.
    if (notify.type == NotifyType::temporary_failure && parts_.paths.watches_mapping() &&
        parts_.refusals.is_suspicious()) {
        parts_.paths.want_update();
    }
    parts_.refusals.wait_until(now + jittered(verdict.wait, parts_.lasting.env.random));
}

void ResponseReader::on_delete_answered(IkeSa& sa) {
    if (parts_.ike_sas.is_in_use(sa)) {
        parts_.finish(parts_.closing ? parts_.closing->why : Failure{});
    } else {
        requester_.on_lost(parts_.ike_sas.drop(sa));
    }
}

void ResponseReader::on_update_response(const UpdateAddresses& update,
                                        std::span<const wire::Payload> payloads, Instant now) {
    if (update.stale) {
        parts_.lasting.addresses.tell_again();  // it may have overtaken a newer one
        return;
    }
    if (const auto* error = wire::find_error(payloads)) {
        if (error->type == NotifyType::unexpected_nat_detected &&
            parts_.lasting.may_ask_again("the update")) {
            parts_.paths.want_update();
        } else {
            requester_.apply(parts_.paths.on_update_refused(update, error->type, now), now);
        }
        return;
    }
    if (parts_.ike_sas.successor()) {
        parts_.ike_sas.successor()->updated = true;
    }
    parts_.lasting.mapping.met_none();
    parts_.lasting.mapping.learn(payloads);
    requester_.apply(parts_.paths.on_updated(update, payloads, parts_.ike_sas.in_use().spis), now);
    if (parts_.lasting.traffic.needs_rekey_after_move()) {
        parts_.lasting.env.log.info("the gateway moves with new Child SAs only, rekeying them", {});
        parts_.children.rekey_all(now);
    }
}

void ResponseReader::on_addresses_response(const AnnounceAddresses& told,
                                           std::span<const wire::Payload> payloads) {
    const bool refused =
        wire::find_notify(payloads, NotifyType::unexpected_nat_detected) != nullptr;
    if (told.stale || (refused && parts_.lasting.may_ask_again("our addresses"))) {
        parts_.lasting.addresses.tell_again();
    }
    // By an IKE SA that was left it may have overtaken a newer one.
    if (parts_.ike_sas.successor()) {
        parts_.ike_sas.successor()->announced = true;
    }
}

/// The gateway has answered by the path in use. If data does not flow although it lives, the NAT
/// may be why (RFC 4555 3.8: then the update needs no detection before it).
void ResponseReader::on_liveness_response(const Liveness& liveness,
                                          std::span<const wire::Payload> payloads,
                                          const Path& path) {
    if (parts_.paths.watches_mapping() && same_way(path, parts_.paths.current()) &&
        parts_.lasting.mapping.is_changed(payloads, liveness.doubted)) {
        parts_.lasting.env.log.info("the NAT may have another mapping for us",
                                    {{"path", path.text()}});
        parts_.paths.want_update();
    }
}

/// RFC 7296 2.5: it is rejected, so its request has no answer that counts. The gateway would repeat
/// the same for ever.
void ResponseReader::on_unreadable_response(IkeSa& sa, Failure failure, Instant now) {
    const bool deletes = sa.is_in_flight<DeleteIke>();
    sa.in_flight = std::monostate{};
    sa.challenge.reset();
    sa.window.end();
    if (deletes) {
        on_delete_answered(sa);
    } else {
        requester_.begin_closing(std::move(failure), now);
    }
}

}  // namespace ike::session
