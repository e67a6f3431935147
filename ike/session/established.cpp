// SPDX-License-Identifier: Apache-2.0
#include "ike/session/established.hpp"

#include "ike/base/deadline.hpp"
#include "ike/session/exchange/rekey_responder.hpp"

#include <algorithm>
#include <utility>

namespace ike::session {

using wire::NotifyType;

namespace {

constexpr std::uint8_t keepalive = 0xff;  // RFC 3948 2.3

/// Of the same exchange as the request that has its Message ID (RFC 7296 1.2 to 1.4, 2.2).
bool is_answer_to(const ExchangeWindow& window, const wire::Header& header) {
    if (!window.awaits(header.message_id)) {
        return false;
    }
    const auto request = wire::Header::decode(window.request().front());
    return request && request->exchange == header.exchange;
}

}  // namespace

Established::Established(Lasting& lasting, ConnectAttempt::Won& won,
                         IkeAuth::Authenticated authenticated, Instant now)
    : parts_(lasting, won, authenticated, now) {
    lasting.output.emit(Connected{.spis = parts_.ike_sas.in_use().spis,
                                  .path = parts_.paths.current(),
                                  .nat = parts_.paths.nat(),
                                  .mobike = authenticated.mobike,
                                  .gateway_identity = std::move(authenticated.gateway_identity),
                                  .config = std::move(authenticated.config)});
    responses_.on_child_outcome(
        parts_.children.on_connected(std::move(authenticated.child), parts_.esp_path(), now), now);
}

void Established::begin(std::span<const wire::Payload> payloads, Instant now) {
    if (auto addresses = peer_addresses(parts_, payloads, parts_.paths.current().remote.address)) {
        parts_.lasting.output.emit(*std::move(addresses));
    }
    requester_.ask_next(now);
}

void Established::move(const AddressPair& addresses, bool forced, Instant now) {
    parts_.lasting.check.cancel();
    const bool resumed = parts_.lasting.output.resume();
    PathManager::Outcome outcome;
    switch (parts_.paths.move(addresses, forced || resumed, resumed, outcome)) {
        case PathManager::Verdict::stays:
            return;
        case PathManager::Verdict::without_mobike:
            parts_.finish({Reason::gateway_without_mobike,
                           "the path changed to " + parts_.paths.path_to(addresses).text()});
            return;
        case PathManager::Verdict::moved:
            break;
    }
    requester_.apply(std::move(outcome), now);
    requester_.ask_next(now);
    if (parts_.ike_sas.in_use().window.waiting()) {
        parts_.lasting.check.begin_new_path(now, parts_.round_trip.late());
    }
    repeater_.check_after_resume(now);
}

void Established::hold() {
    parts_.lasting.output.hold();
    parts_.lasting.check.cancel();
    parts_.lasting.peer.end_patience();
    parts_.paths.hold();
    for (IkeSa& sa : parts_.ike_sas.all()) {
        requester_.outdate(sa);  // its answer may be on its way in, and moves nothing
        sa.window.freeze();
    }
}

/// After a sleep of any length the gateway may have forgotten us, and NATs have. It is asked at
/// once, by every way there is, and not for long: a new IKE SA takes less time than to find out
/// that it really does not answer.
void Established::resume(Instant now) {
    parts_.lasting.peer.on_resume();
    parts_.lasting.check.allow_from(now);
    repeater_.check_after_resume(now);
}

/// RFC 4555 3.12: what comes by another path is no proof that the gateway knows of this one. While
/// data still leaves by the old path, what comes by that proves it, and not the new one.
void Established::on_inbound(Instant when, const std::optional<Path>& path) {
    const bool proves =
        path ? same_way(*path, parts_.paths.current()) : parts_.paths.esp_goes_by_current();
    if (path && !proves && !same_way(*path, parts_.paths.esp())) {
        return;
    }
    parts_.lasting.peer.on_inbound(when);
    if (proves && parts_.lasting.traffic.on_inbound(when, traffic_use())) {
        parts_.lasting.output.emit(DataMissing{false});
    }
    parts_.lasting.check.on_inbound(when);
}

void Established::rekey_child(ChildSpi inbound, Instant now) {
    parts_.children.rekey_now(inbound, now);
    requester_.ask_next(now);
}

void Established::rekey_ike(Instant now) {
    parts_.ike_sas.rekey_now(now);
    requester_.ask_next(now);
}

void Established::close(Instant now) {
    if (parts_.lasting.output.on_hold()) {
        parts_.finish({Reason::closed_by_us, ""});
    } else if (!parts_.closing) {
        requester_.begin_closing({Reason::closed_by_us, ""}, now);
        requester_.resend_in_flight(now);  // the Delete has to wait for its answer
        requester_.ask_next(now);
    }
}

std::optional<Instant> Established::next_deadline() const {
    const auto closed_at = parts_.closing ? std::optional(parts_.closing->until) : std::nullopt;
    if (parts_.lasting.output.on_hold()) {
        return closed_at;
    }
    auto next = earlier(closed_at, parts_.lasting.peer.give_up_at());
    next = earlier(next, parts_.ike_sas.next_deadline());
    next = earlier(next, parts_.paths.next_deadline());
    next = earlier(next, parts_.lasting.check.next_deadline(parts_.round_trip.patience()));
    if (parts_.paths.keeps_mapping()) {
        next =
            earlier(next, parts_.lasting.output.last_sent() + parts_.lasting.config.nat_keepalive);
    }
    return earlier(next, requester_.next_due());
}

void Established::tick(Instant now) {
    if (parts_.closing && now >= parts_.closing->until) {
        parts_.finish(parts_.closing->why);
        return;
    }
    if (parts_.lasting.output.on_hold()) {
        return;
    }
    if (parts_.lasting.peer.give_up_at() && now >= *parts_.lasting.peer.give_up_at()) {
        parts_.finish({Reason::gone_after_sleep, "no answer since the machine woke up"});
        return;
    }
    release_held_answers(now);
    if (repeater_.check_due(now)) {
        return;  // whoever is told of PathDied hears of it before anything leaves by the new path
    }
    requester_.apply(parts_.paths.on_timer(now), now);
    repeater_.retransmit_due(now);
    if (parts_.over) {
        return;
    }
    if (parts_.paths.keeps_mapping() &&
        now >= parts_.lasting.output.last_sent() + parts_.lasting.config.nat_keepalive) {
        parts_.lasting.output.send(parts_.paths.current(), {Bytes{keepalive}},
                                   Transmit::Purpose::nat_keepalive, now);
    }
    requester_.ask_next(now);
}

void Established::release_held_answers(Instant now) {
    for (IkeSa& sa : parts_.ike_sas.all()) {
        if (sa.held_answer && now >= sa.held_answer->until) {
            const HeldAnswer held = *std::exchange(sa.held_answer, std::nullopt);
            // It was we who let it wait: were it lost, strongSwan would ask again after 4 s only.
            parts_.lasting.output.send(
                parts_.paths.lives(held.path) ? held.path : parts_.paths.requests(),
                sa.window.last_response(), Transmit::Purpose::exchange, now);
        }
    }
}

void Established::receive(ByteView datagram, const Path& path, Instant now) {
    const auto header = wire::Header::decode(datagram);
    if (!header) {
        return;
    }
    route(*header, datagram, path, now);
    requester_.ask_next(now);
}

void Established::route(const wire::Header& header, ByteView datagram, const Path& path,
                        Instant now) {
    IkeSa* sa = parts_.ike_sas.find(header);
    if (sa == nullptr) {
        return;
    }
    // RFC 7296 2.3: outside the window nothing is looked at any closer.
    const auto incoming = sa->window.classify(header.message_id);
    const bool expected = header.response ? is_answer_to(sa->window, header)
                                          : incoming != ExchangeWindow::Incoming::outside;
    if (parts_.lasting.check.is_late_copy(heard(*sa, header, path)) && sa->open_alone(datagram)) {
        parts_.lasting.check.path_carries(now);
        return;
    }
    if (!expected) {
        return;
    }
    if (!header.response && incoming == ExchangeWindow::Incoming::repeated) {
        answer_again(*sa, datagram, path, now);
        return;
    }
    const auto opened = sa->open(datagram, parts_.lasting.counters);
    if (!opened && !std::holds_alternative<wire::DecodeError>(opened.error())) {
        return;
    }
    use_if_successor(*sa, now);
    on_authentic(heard(*sa, header, path), now);
    if (!opened) {
        on_malformed(*sa, header, std::get<wire::DecodeError>(opened.error()), path, now);
        return;
    }
    parts_.lasting.count_received(
        *opened,
        false);  // RFC 4555 3.1: MOBIKE_SUPPORTED has its place in IKE_AUTH
    if (!header.response) {
        on_request(*sa, header, *opened, path, now);
    } else if (!parts_.paths.stays_open(sa->in_flight, path)) {
        responses_.on_response(*sa, *opened, path, now);
    }
}

/// The gateway speaks by it, so it has our answer.
void Established::use_if_successor(const IkeSa& sa, Instant now) {
    const bool racing = parts_.ike_sas.in_use().is_in_flight<RekeyIke>();
    if (parts_.ike_sas.successor() && parts_.ike_sas.successor()->sa == &sa && !racing) {
        requester_.use_successor(now);
    }
}

/// RFC 7296 2.1: the cached answer again, whatever the request says. Anybody may repeat a request
/// that was on the wire, so it is no sign of life.
void Established::answer_again(IkeSa& sa, ByteView datagram, const Path& path, Instant now) {
    const auto request = sa.open_alone(datagram);
    // RFC 7383 2.6.1: once for all fragments.
    if (!request || (request->fragment && request->fragment->number != 1)) {
        return;
    }
    use_if_successor(sa, now);
    sa.held_answer.reset();
    if (request->fragment) {
        fit_response(sa, datagram.size(), path);
    }
    parts_.lasting.output.send(path, sa.window.last_response(), Transmit::Purpose::exchange, now);
}

/// RFC 7383 2.5.1: the gateway's own fragments tell what the path carries.
void Established::fit_response(IkeSa& sa, std::size_t largest_fragment, const Path& path) {
    sa.fit_response(std::max(largest_fragment, FragmentSizes::smallest(path)),
                    parts_.lasting.counters, parts_.lasting.env.random);
}

/// Of an authentic message that was not here before.
void Established::on_authentic(const PathCheck::Heard& heard, Instant now) {
    // RFC 4555 3.12: one that asks by a path we have left may not know of the new one.
    const bool counts = heard.response || parts_.paths.is_in_use(heard.by);
    if (counts && parts_.lasting.peer.on_authentic(now)) {
        parts_.lasting.output.emit(GatewaySilent{false});
    }
    if (parts_.lasting.check.on_authentic(heard, now)) {
        recover_traffic(now);
    }
}

void Established::on_request(IkeSa& sa, const wire::Header& header,
                             std::span<const wire::Payload> payloads, const Path& path,
                             Instant now) {
    auto answer = responder_.answer(sa, header, payloads, path, parts_.closing.has_value(), now);
    if (answer.failure) {
        parts_.finish(*std::move(answer.failure));
        return;
    }
    requester_.on_lost(answer.lost);
    parts_.emit_all(std::move(answer.events));
    respond(sa, header, answer.payloads, path, now);
    if (answer.deletes_ike_sa) {
        on_deleted_by_gateway(sa, now);
    } else if (answer.refuses) {
        parts_.finish(*std::move(answer.refuses));
    }
}

/// RFC 7296 2.11: the answer goes back the way the request came.
void Established::respond(IkeSa& sa, const wire::Header& request,
                          const std::vector<wire::Payload>& payloads, const Path& path,
                          Instant now) {
    parts_.lasting.counters.count_sent(payloads);
    const bool leaves = sa.answer(request, payloads, path, now, parts_.lasting.env.random);
    const std::size_t largest = parts_.lasting.fragment_sizes.largest(path);
    fit_response(sa, std::min(largest, sa.asked_in_fragments.value_or(largest)), path);
    if (leaves) {
        parts_.lasting.output.send(path, sa.window.last_response(), Transmit::Purpose::exchange,
                                   now);
    }
}

void Established::on_deleted_by_gateway(IkeSa& sa, Instant now) {
    if (parts_.ike_sas.is_in_use(sa)) {
        if (!parts_.ike_sas.successor()) {
            parts_.finish(parts_.closing
                              ? parts_.closing->why
                              : Failure{Reason::closed_by_gateway, "the gateway sent a Delete"});
            return;
        }
        // RFC 7296 2.25.2: our own rekey is forgotten, the gateway's stands.
        requester_.use_successor(now);
    }
    requester_.on_lost(parts_.ike_sas.drop(sa));
}

/// The gateway itself, for it is authentic, sent what can't be read (RFC 7296 2.21.3, 2.5).
void Established::on_malformed(IkeSa& sa, const wire::Header& header,
                               const wire::DecodeError& error, const Path& path, Instant now) {
    const bool critical = error.error == wire::WireError::unsupported_critical_payload;
    Failure failure{
        critical ? Reason::unsupported_critical_payload : Reason::protocol_error,
        "the gateway sent a message that can't be read: " + std::string(wire::name(error.error))};
    if (header.response) {
        responses_.on_unreadable_response(sa, std::move(failure), now);
    } else if (critical) {
        // RFC 7296 2.5: that request is refused, the IKE SA goes on.
        respond(sa, header, refusal(NotifyType::unsupported_critical_payload, {error.payload_type}),
                path, now);
    } else {
        respond(sa, header, refusal(NotifyType::invalid_syntax), path, now);
        parts_.finish(std::move(failure));
    }
}

/// The path carries, and yet no data comes in.
void Established::recover_traffic(Instant now) {
    const auto outcome = parts_.lasting.traffic.on_no_inbound(now, traffic_use());
    if (outcome.newly_missed) {
        parts_.lasting.output.emit(DataMissing{true});
    }
    parts_.lasting.check.allow_from(now + outcome.check_again_in);
    if (outcome.remedy != FlowRemedy::none) {
        parts_.lasting.env.log.info("the gateway answers and no packet comes in",
                                    {{"path", parts_.paths.current().text()},
                                     {"remedy", std::string(name(outcome.remedy))}});
    }
    switch (outcome.remedy) {
        case FlowRemedy::none:
            return;
        case FlowRemedy::encapsulate:
            parts_.paths.want_update();
            return;
        case FlowRemedy::update:
            if (parts_.paths.supported()) {
                parts_.paths.want_update();
            }
            return;
        case FlowRemedy::rekey:
            parts_.children.rekey_all(now);
            return;
        case FlowRemedy::succeed:
            parts_.lasting.output.emit(SuccessorWanted{});
            return;
        case FlowRemedy::reconnect:
            requester_.begin_closing({Reason::no_data, "the gateway answers, and nothing comes in"},
                                     now);
            return;
    }
}

PathCheck::Heard Established::heard(const IkeSa& sa, const wire::Header& header,
                                    const Path& path) const {
    return {.by = path,
            .response = header.response ? std::optional(header.message_id) : std::nullopt,
            .on_sa_in_use = parts_.ike_sas.is_in_use(sa),
            .current = parts_.paths.current(),
            .requests = parts_.paths.requests(),
            .can_go_back = parts_.paths.can_go_back()};
}

TrafficWatch::Use Established::traffic_use() const {
    return {.path = addresses_of(parts_.paths.current()),
            .in_udp = parts_.paths.udp_encapsulated(),
            .nat_traversal = parts_.paths.knows_nat_traversal(),
            .mobike = parts_.paths.supported()};
}

}  // namespace ike::session
