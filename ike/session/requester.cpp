// SPDX-License-Identifier: Apache-2.0
#include "ike/session/requester.hpp"

#include "ike/base/deadline.hpp"
#include "ike/session/exchange/cookie2.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ike::session {

using wire::ExchangeType;

using namespace std::chrono_literals;

namespace {

constexpr Instant at_once{};
// A gateway that does not answer a Delete must not hold us up.
constexpr Duration closing_patience = 2s;

}  // namespace

Transmit::Purpose purpose_of(const IkeSa& sa) {
    return sa.is_in_flight<UpdateAddresses>() ? Transmit::Purpose::update_sa_addresses
                                              : Transmit::Purpose::exchange;
}

/// The requests that the parts may wish for, most urgent first.
const std::array<Requester::Wish, 9>& Requester::wishes() {
    using At = std::optional<Instant>;
    using E = Requester;
    // RFC 7296 2.25.2: an IKE SA that the gateway has rekeyed makes and closes no Child SA.
    static constexpr auto on_this = [](const E& e, At due) {
        return e.parts_.ike_sas.successor() ? At() : due;
    };
    static constexpr auto unless_refused = [](const E& e, At due) {
        return due && !e.parts_.ike_sas.successor()
                   ? At(std::max(*due, e.parts_.refusals.not_before()))
                   : At();
    };
    static constexpr std::array<Wish, 9> all{{
        {true, [](const E& e) { return e.parts_.closing ? At(at_once) : At(); },
         [](E& e, Instant now) { e.begin_delete(now); }},
        {true, [](const E& e) { return e.parts_.paths.test_due(); },
         [](E& e, Instant now) { e.begin_if_any(e.parts_.paths.next_test(now), now); }},
        {true, [](const E& e) { return e.parts_.paths.update_due(); },
         [](E& e, Instant now) {
             e.begin_update(*e.parts_.paths.next_update(now, e.parts_.ike_sas.in_use().spis), now);
         }},
        {true,
         [](const E& e) {
             return e.parts_.lasting.addresses.pending() && e.parts_.paths.supported() ? At(at_once)
                                                                                       : At();
         },
         [](E& e, Instant now) {
             Payloads payloads =
                 e.parts_.lasting.addresses.take_payloads(e.parts_.paths.current().local.address);
             e.parts_.paths.forbid_nat(payloads);
             e.begin(e.parts_.ike_sas.in_use(),
                     {ExchangeType::informational, std::move(payloads), AnnounceAddresses{}}, now);
         }},
        {false, [](const E& e) { return on_this(e, e.parts_.children.deletion_due()); },
         [](E& e, Instant now) { e.begin_if_any(e.parts_.children.next_deletion(now), now); }},
        {false, [](const E& e) { return unless_refused(e, e.parts_.children.creation_due()); },
         [](E& e, Instant now) {
             e.begin_if_any(
                 e.parts_.children.next_creation(now, e.parts_.ike_sas.in_use().key_source()), now);
         }},
        {false, [](const E& e) { return unless_refused(e, e.parts_.ike_sas.rekey_due()); },
         [](E& e, Instant now) { e.begin_if_any(e.parts_.ike_sas.next_rekey(now), now); }},
        {false, [](const E& e) { return unless_refused(e, e.parts_.children.rekey_due()); },
         [](E& e, Instant now) {
             e.begin_if_any(
                 e.parts_.children.next_rekey(now, e.parts_.ike_sas.in_use().key_source()), now);
         }},
        {false, [](const E& e) { return e.parts_.lasting.peer.next_request_due(); },
         [](E& e, Instant now) { e.begin_liveness(now); }},
    }};
    return all;
}

/// While a request is in flight none is due, for the window is one.
bool Requester::may_ask() const {
    return !parts_.over && !parts_.lasting.output.on_hold() && !parts_.undecided() &&
           !parts_.ike_sas.in_use().window.waiting();
}

std::optional<Instant> Requester::next_due() const {
    if (!may_ask()) {
        return std::nullopt;
    }
    std::optional<Instant> next = parts_.closing ? std::nullopt : parts_.renewal.deadline();
    for (const Wish& wish : wishes()) {
        const auto due = wish.due(*this);
        next = earlier(next, due);
        if (due && wish.blocks) {
            break;
        }
    }
    return next;
}

void Requester::ask_next(Instant now) {
    if (!may_ask()) {
        return;
    }
    renewal_due(now);
    for (const Wish& wish : wishes()) {
        const auto due = wish.due(*this);
        if (due && now >= *due) {
            wish.begin(*this, now);
            return;
        }
        if (due && wish.blocks) {
            return;
        }
    }
}

/// First it is told, and somebody may make another IKE SA in time.
void Requester::renewal_due(Instant now) {
    if (parts_.closing) {
        return;
    }
    switch (parts_.renewal.due(now)) {
        case Renewal::Step::none:
            return;
        case Renewal::Step::tell:
            parts_.lasting.output.emit(ReauthenticationDue{});
            return;
        case Renewal::Step::end:
            begin_closing(parts_.renewal.why(), now);
            return;
    }
}

void Requester::begin(IkeSa& sa, Request request, Instant now) {
    sa.challenge = parts_.paths.challenge(request.in_flight, parts_.lasting.env.random);
    if (sa.challenge) {
        request.payloads.emplace_back(cookie2_of(*sa.challenge));
    }
    parts_.lasting.counters.count_sent(request.payloads);
    if (parts_.ike_sas.is_in_use(sa)) {
        parts_.round_trip.on_request(now);
    }
    sa.begin(std::move(request), now, parts_.lasting.config.retransmission,
             parts_.lasting.env.random);
    send(sa, parts_.paths.requests(), purpose_of(sa), now);
}

void Requester::send(IkeSa& sa, const Path& path, Transmit::Purpose purpose, Instant now) {
    if (sa.challenge) {
        sa.challenge->sent_to(path.remote.address);
    }
    sa.fit_request(parts_.lasting.fragment_sizes.largest(path), parts_.lasting.counters,
                   parts_.lasting.env.random);
    parts_.lasting.output.send(path, sa.window.request(), purpose, now);
}

void Requester::begin_if_any(std::optional<Request> request, Instant now) {
    if (request) {
        begin(parts_.ike_sas.in_use(), *std::move(request), now);
    }
}

void Requester::begin_if_any(ChildSas::Next request, Instant now) {
    if (request) {
        begin_if_any(*std::move(request), now);
    } else {
        parts_.fail(request.error());
    }
}

void Requester::begin_update(Request update, Instant now) {
    auto addresses = parts_.lasting.addresses.take_payloads(parts_.paths.current().local.address);
    std::ranges::move(addresses, std::back_inserter(update.payloads));
    begin(parts_.ike_sas.in_use(), std::move(update), now);
    parts_.lasting.check.begin_new_path(now, parts_.round_trip.late());
}

/// RFC 4555 3.8: behind a NAT, the question whether the gateway lives also asks whether the NAT has
/// changed what it makes of us.
Request Requester::liveness(bool no_inbound) const {
    Payloads payloads;
    if (parts_.paths.watches_mapping() && parts_.lasting.mapping.can_compare()) {
        payloads = parts_.paths.nat_detection_payloads(parts_.ike_sas.in_use().spis);
    }
    return {ExchangeType::informational, std::move(payloads), Liveness{.doubted = no_inbound}};
}

void Requester::begin_liveness(Instant now) {
    if (parts_.paths.watches_mapping() && !parts_.lasting.mapping.learned()) {
        // It asks the same, and its answer is what later ones are held against.
        begin_update(parts_.paths.update(parts_.ike_sas.in_use().spis), now);
    } else {
        begin(parts_.ike_sas.in_use(), liveness(false), now);
    }
}

void Requester::begin_delete(IkeSa& sa, Instant now) {
    begin(sa,
          {ExchangeType::informational,
           {wire::DeletePayload{wire::ProtocolId::ike, {}}},
           DeleteIke{}},
          now);
}

void Requester::begin_delete(Instant now) {
    if (parts_.ike_sas.successor() && !parts_.ike_sas.successor()->sa->window.waiting()) {
        begin_delete(*parts_.ike_sas.successor()->sa, now);  // the gateway may have that one only
    }
    begin_delete(parts_.ike_sas.in_use(), now);
}

/// The IKE SA is to be deleted. RFC 7296 2.21.3 advises it, too, when the two sides do not agree.
void Requester::begin_closing(Failure why, Instant now) {
    if (!parts_.closing) {
        parts_.closing = Closing{std::move(why), now + closing_patience};
        apply(parts_.paths.abandon_test(), now);
    }
}

void Requester::apply(PathManager::Outcome outcome, Instant now) {
    parts_.emit_all(std::move(outcome.events));
    if (outcome.switched) {
        parts_.children.on_path(parts_.paths.current().local.address);
        parts_.lasting.traffic.on_path_change(now);
        parts_.lasting.mapping.met_none();
        parts_.round_trip.forget();
    }
    if (outcome.udp_refused) {
        const Path& path = parts_.paths.current();
        parts_.lasting.env.log.info("the gateway refuses ESP in UDP", {{"path", path.text()}});
        parts_.lasting.traffic.on_udp_refused(addresses_of(path));
    }
    if (outcome.resend) {
        resend_in_flight(now);
    }
}

/// RFC 4555 3.5: by the path that requests leave by now, byte for byte, and their intervals start
/// over.
void Requester::resend_in_flight(Instant now) {
    parts_.round_trip.on_request(now);
    for (IkeSa& sa : parts_.ike_sas.all()) {
        if (!sa.window.waiting()) {
            continue;
        }
        outdate(sa);
        sa.window.restart(now, parts_.lasting.config.retransmission, parts_.lasting.env.random);
        send(sa, parts_.paths.requests(), Transmit::Purpose::exchange, now);
    }
}

/// Which addresses the gateway takes from it is not known any more: another one has to follow.
void Requester::outdate(IkeSa& sa) {
    if (auto* update = std::get_if<UpdateAddresses>(&sa.in_flight)) {
        update->stale = true;
        parts_.paths.want_update();
    }
    // RFC 4555 3.6: from another source address it means something else, so it is said anew.
    if (auto* addresses = std::get_if<AnnounceAddresses>(&sa.in_flight)) {
        addresses->stale = true;
        parts_.lasting.addresses.tell_again();
    }
}

/// Its IKE SA is gone, so it is to be said anew on the one in use.
void Requester::on_lost(const InFlight& request) {
    if (std::holds_alternative<UpdateAddresses>(request)) {
        parts_.paths.want_update();
    } else if (std::holds_alternative<AnnounceAddresses>(request)) {
        parts_.lasting.addresses.tell_again();
    } else if (const auto* deletion = std::get_if<DeleteChild>(&request)) {
        parts_.children.on_lost(*deletion);
    }
}

void Requester::use(IkeSa& sa, Instant now) {
    outdate(parts_.ike_sas.in_use());
    parts_.ike_sas.use(sa, now);
    parts_.lasting.mapping.forget();
    parts_.lasting.output.emit(IkeSaRekeyed{sa.spis});
}

void Requester::use_successor(Instant now) {
    const auto successor = *std::exchange(parts_.ike_sas.successor(), std::nullopt);
    if (successor.updated) {
        parts_.paths.want_update();
    }
    if (successor.announced) {
        parts_.lasting.addresses.tell_again();
    }
    use(*successor.sa, now);
}

}  // namespace ike::session
