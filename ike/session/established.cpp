// SPDX-License-Identifier: Apache-2.0
#include "ike/session/established.hpp"

#include "ike/base/overloaded.hpp"
#include "ike/session/exchange/rekey_responder.hpp"
#include "ike/session/sa/jittered.hpp"
#include "ike/session/values/notify_reason.hpp"

#include <algorithm>
#include <utility>

namespace ike::session {

using wire::ExchangeType;
using wire::NotifyPayload;
using wire::NotifyType;

using namespace std::chrono_literals;

namespace {

constexpr Instant at_once{};
constexpr std::uint8_t keepalive = 0xff;  // RFC 3948 2.3
// A gateway that does not answer a Delete must not hold us up.
constexpr Duration closing_patience = 2s;
// What another IKE SA that carries on gets to be made in, and where nothing is carried meanwhile.
constexpr Duration renewal_patience = 2min;
constexpr Duration renewal_patience_without_child = 10s;
constexpr unsigned update_repeats = 3;  // by the path in use, about 1.4 s

std::optional<Instant> earlier(std::optional<Instant> left, std::optional<Instant> right) {
    if (!left || !right) {
        return left ? left : right;
    }
    return std::min(*left, *right);
}

Transmit::Purpose purpose_of(const IkeSa& sa) {
    return sa.is_in_flight<UpdateAddresses>() ? Transmit::Purpose::update_sa_addresses
                                              : Transmit::Purpose::exchange;
}

/// Of the same exchange as the request that has its Message ID (RFC 7296 1.2 to 1.4, 2.2).
bool is_answer_to(const ExchangeWindow& window, const wire::Header& header) {
    const auto request = wire::Header::decode(window.request());
    return window.awaits(header.message_id) && request && request->exchange == header.exchange;
}

/// It told addresses, and has to be followed by another one.
bool is_stale(const InFlight& exchange) {
    const auto* update = std::get_if<UpdateAddresses>(&exchange);
    const auto* addresses = std::get_if<AnnounceAddresses>(&exchange);
    return (update != nullptr && update->stale) || (addresses != nullptr && addresses->stale);
}

}  // namespace

Established::Established(Lasting& lasting, ConnectAttempt::Won& won,
                         IkeAuth::Authenticated authenticated, Instant now)
    : s_(lasting),
      ike_sas_(s_.config, s_.env.random, std::move(won.sa)),
      children_(s_.config, s_.env, authenticated, won.path.local.address),
      paths_(s_.config, s_.traffic.experience(), won.path, won.nat, authenticated.mobike),
      renewal_(now) {
    round_trip_.record(won.round_trip);
    s_.mapping.forget();
    s_.mapping.met_none();
    ike_sas_.begin_lifetime(now);
    if (authenticated.auth_lifetime) {
        renewal_.authentication_lasts(*authenticated.auth_lifetime, now);
    }
    s_.addresses.set_inside(authenticated.config);
    s_.output.emit(Connected{.spis = ike_sas_.in_use().spis,
                             .path = paths_.current(),
                             .nat = paths_.nat(),
                             .mobike = authenticated.mobike,
                             .gateway_identity = std::move(authenticated.gateway_identity),
                             .config = std::move(authenticated.config)});
    on_child_outcome(children_.on_connected(std::move(authenticated.child), esp_path(), now), now);
}

void Established::begin(std::span<const wire::Payload> payloads, Instant now) {
    if (auto addresses =
            peer_addresses(s_, paths_, children_, payloads, paths_.current().remote.address)) {
        s_.output.emit(*std::move(addresses));
    }
    ask_next(now);
}

// ------------------------------------------------------------------ what the agent says

void Established::move(const AddressPair& addresses, bool forced, Instant now) {
    s_.check.cancel();
    const bool resumed = s_.output.resume();
    PathManager::Outcome outcome;
    switch (paths_.move(addresses, forced || resumed, resumed, outcome)) {
        case PathManager::Verdict::stays:
            return;
        case PathManager::Verdict::without_mobike:
            finish({Reason::gateway_without_mobike,
                    "the path changed to " + paths_.path_to(addresses).text()});
            return;
        case PathManager::Verdict::moved:
            break;
    }
    apply(std::move(outcome), now);
    ask_next(now);
    if (ike_sas_.in_use().window.waiting()) {
        s_.check.begin_new_path(now, round_trip_.late());
    }
    check_after_resume(now);
}

void Established::hold() {
    s_.output.hold();
    s_.check.cancel();
    s_.peer.end_patience();
    paths_.hold();
    for (IkeSa& sa : ike_sas_.all()) {
        outdate(sa);  // its answer may be on its way in, and moves nothing
        sa.window.freeze();
    }
}

void Established::check_path(Instant now) {
    if (!may_check_path() || !s_.check.may_begin(now)) {
        return;
    }
    s_.check.begin(now, round_trip_.late(), !s_.peer.resumed());
    const ExchangeWindow& window = ike_sas_.in_use().window;
    if (window.waiting()) {
        s_.output.send(paths_.current(), window.request(), Transmit::Purpose::exchange, now);
    } else {
        begin(ike_sas_.in_use(), liveness(true), now);
    }
}

/// After a sleep of any length the gateway may have forgotten us, and NATs have. It is asked at
/// once, by every way there is, and not for long: a new IKE SA takes less time than to find out
/// that it really does not answer.
void Established::resume(Instant now) {
    s_.peer.on_resume();
    s_.check.allow_from(now);
    check_after_resume(now);
}

void Established::check_after_resume(Instant now) {
    if (s_.peer.resumed() && !s_.output.on_hold()) {
        s_.peer.begin_patience(now);
        check_path(now);
    }
}

/// RFC 4555 3.12: what comes by another path is no proof that the gateway knows of this one. While
/// data still leaves by the old path, what comes by that proves it, and not the new one.
void Established::on_inbound(Instant when, const std::optional<Path>& path) {
    const bool proves = path ? same_way(*path, paths_.current()) : paths_.esp_goes_by_current();
    if (path && !proves && !same_way(*path, paths_.esp())) {
        return;
    }
    s_.peer.on_inbound(when);
    if (proves && s_.traffic.on_inbound(when, traffic_use())) {
        s_.output.emit(DataMissing{false});
    }
    s_.check.on_inbound(when);
}

void Established::rekey_child(ChildSpi inbound, Instant now) {
    children_.rekey_now(inbound, now);
    ask_next(now);
}

void Established::rekey_ike(Instant now) {
    ike_sas_.rekey_now(now);
    ask_next(now);
}

void Established::close(Instant now) {
    if (s_.output.on_hold()) {
        finish({Reason::closed_by_us, ""});
    } else if (!closing_) {
        begin_closing({Reason::closed_by_us, ""}, now);
        resend_in_flight(now);  // the Delete has to wait for its answer
        ask_next(now);
    }
}

// ------------------------------------------------------------------ time

std::optional<Instant> Established::next_deadline() const {
    const auto closed_at = closing_ ? std::optional(closing_->until) : std::nullopt;
    if (s_.output.on_hold()) {
        return closed_at;
    }
    auto next = earlier(closed_at, s_.peer.give_up_at());
    next = earlier(next, ike_sas_.next_deadline());
    next = earlier(next, paths_.next_deadline());
    next = earlier(next, s_.check.next_deadline(round_trip_.patience()));
    if (paths_.keeps_mapping()) {
        next = earlier(next, s_.output.last_sent() + s_.config.nat_keepalive);
    }
    return may_ask() ? earlier(next, next_request_due()) : next;
}

void Established::tick(Instant now) {
    if (closing_ && now >= closing_->until) {
        finish(closing_->why);
        return;
    }
    if (s_.output.on_hold()) {
        return;
    }
    if (s_.peer.give_up_at() && now >= *s_.peer.give_up_at()) {
        finish({Reason::gone_after_sleep, "no answer since the machine woke up"});
        return;
    }
    release_held_answers(now);
    if (check_due(now)) {
        return;  // whoever is told of PathDied hears of it before anything leaves by the new path
    }
    apply(paths_.on_timer(now), now);
    retransmit_due(now);
    if (over_) {
        return;
    }
    if (paths_.keeps_mapping() && now >= s_.output.last_sent() + s_.config.nat_keepalive) {
        s_.output.send(paths_.current(), {keepalive}, Transmit::Purpose::nat_keepalive, now);
    }
    ask_next(now);
}

void Established::release_held_answers(Instant now) {
    for (IkeSa& sa : ike_sas_.all()) {
        if (sa.held_answer && now >= sa.held_answer->until) {
            const HeldAnswer held = *std::exchange(sa.held_answer, std::nullopt);
            // It was we who let it wait: were it lost, strongSwan would ask again after 4 s only.
            s_.output.send(paths_.lives(held.path) ? held.path : paths_.requests(),
                           sa.window.last_response(), Transmit::Purpose::exchange, now);
        }
    }
}

/// Whether the path was left.
bool Established::check_due(Instant now) {
    const ExchangeWindow& window = ike_sas_.in_use().window;
    const auto step = s_.check.on_timer(now, round_trip_.patience(), window.waiting());
    if (const auto* dead = std::get_if<PathCheck::FailOver>(&step)) {
        apply(paths_.fail_over(dead->to, dead->asked), now);
        return true;
    }
    if (const auto* repeat = std::get_if<PathCheck::Repeat>(&step)) {
        s_.output.send(repeat->ask_standbys ? paths_.current() : paths_.requests(),
                       window.request(), Transmit::Purpose::exchange, now);
        if (repeat->ask_standbys) {
            ask_standbys(now);
        }
    }
    return false;
}

/// What tells addresses counts for nothing once it has left by two paths. So on a slow path its
/// answer is waited for, or telling would never end. An update makes the gateway move to wherever
/// it comes from first, and a first packet by a new path is easily lost.
void Established::ask_standbys(Instant now) {
    IkeSa& sa = ike_sas_.in_use();
    const bool update = sa.is_in_flight<UpdateAddresses>();
    const bool tells = update || sa.is_in_flight<AnnounceAddresses>();
    const bool early = (tells && round_trip_.may_be_answered_yet(now)) ||
                       (update && sa.window.transmissions() < update_repeats);
    if (!paths_.supported() || early) {
        return;
    }
    for (const AddressPair& pair : s_.check.standbys()) {
        if (const Path path = paths_.path_to(pair); !same_way(path, paths_.current())) {
            outdate(sa);  // the gateway may take the addresses of any of them from it
            if (sa.challenge) {
                sa.challenge->sent_to(path.remote.address);
            }
            s_.output.send(path, sa.window.request(), Transmit::Purpose::exchange, now);
        }
    }
}

void Established::retransmit_due(Instant now) {
    for (auto sa = ike_sas_.all().begin(); sa != ike_sas_.all().end();) {
        IkeSa& each = *sa++;  // it may be dropped below
        if (!each.window.deadline() || now < *each.window.deadline() || retransmit(each, now)) {
            continue;
        }
        if (ike_sas_.is_in_use(each) && !ike_sas_.successor()) {
            finish(
                {Reason::gateway_unreachable, "no answer from " + paths_.current().remote.text()});
            return;
        }
        if (ike_sas_.is_in_use(each)) {
            use_successor(now);  // both rekeyed, and the gateway has left the old one behind
        }
        on_lost(ike_sas_.drop(each));
    }
    const ExchangeWindow& window = ike_sas_.in_use().window;
    const bool silence = window.waiting() && PeerLiveness::is_silence(window.transmissions());
    if (ike_sas_.successor() && silence && !ike_sas_.successor()->sa->window.waiting()) {
        // Has the gateway given up the old one? Then it answers here, and route() goes over.
        begin(*ike_sas_.successor()->sa, {ExchangeType::informational, {}, Liveness{}}, now);
    }
    if (paths_.can_go_back() && silence) {
        apply(paths_.go_back(""), now);
    }
}

/// False: it has left as often as it may.
bool Established::retransmit(IkeSa& sa, Instant now) {
    if (sa.challenge) {
        sa.challenge->sent_to(paths_.requests().remote.address);
    }
    if (sa.window.transmissions() >= s_.config.retransmission.tries) {
        return false;
    }
    sa.window.repeat(now, s_.config.retransmission, s_.env.random);
    // One that is being left may be gone at the gateway, which says nothing of the one in use.
    const bool in_use = ike_sas_.is_in_use(sa);
    if (in_use && PeerLiveness::is_silence(sa.window.transmissions()) && s_.peer.on_silence()) {
        s_.output.emit(GatewaySilent{true});
    }
    s_.output.send(paths_.requests(), sa.window.request(), purpose_of(sa), now);
    if (in_use &&
        s_.check.on_retransmission(now, s_.config.retransmission.first, may_check_path())) {
        ask_standbys(now);
    }
    return true;
}

// ------------------------------------------------------------------ requests of ours

/// What is to be said to the gateway is read off the parts, most urgent first.
const std::array<Established::Wish, 9>& Established::wishes() {
    using At = std::optional<Instant>;
    using E = Established;
    // RFC 7296 2.25.2: an IKE SA that the gateway has rekeyed makes and closes no Child SA.
    static constexpr auto on_this = [](const E& e, At due) {
        return e.ike_sas_.successor() ? At() : due;
    };
    static constexpr auto unless_refused = [](const E& e, At due) {
        return due && !e.ike_sas_.successor() ? At(std::max(*due, e.refusals_.not_before())) : At();
    };
    static constexpr std::array<Wish, 9> all{{
        {true, [](const E& e) { return e.closing_ ? At(at_once) : At(); },
         [](E& e, Instant now) { e.begin_delete(now); }},
        {true, [](const E& e) { return e.paths_.test_due(); },
         [](E& e, Instant now) { e.begin_if_any(e.paths_.next_test(now), now); }},
        {true, [](const E& e) { return e.paths_.update_due(); },
         [](E& e, Instant now) {
             e.begin_update(*e.paths_.next_update(now, e.ike_sas_.in_use().spis), now);
         }},
        {true,
         [](const E& e) {
             return e.s_.addresses.pending() && e.paths_.supported() ? At(at_once) : At();
         },
         [](E& e, Instant now) {
             Payloads payloads = e.s_.addresses.take_payloads(e.paths_.current().local.address);
             e.paths_.forbid_nat(payloads);
             e.begin(e.ike_sas_.in_use(),
                     {ExchangeType::informational, std::move(payloads), AnnounceAddresses{}}, now);
         }},
        {false, [](const E& e) { return on_this(e, e.children_.deletion_due()); },
         [](E& e, Instant now) { e.begin_if_any(e.children_.next_deletion(now), now); }},
        {false, [](const E& e) { return unless_refused(e, e.children_.creation_due()); },
         [](E& e, Instant now) { e.begin_if_any(e.children_.next_creation(now), now); }},
        {false, [](const E& e) { return unless_refused(e, e.ike_sas_.rekey_due()); },
         [](E& e, Instant now) { e.begin_if_any(e.ike_sas_.next_rekey(now), now); }},
        {false, [](const E& e) { return unless_refused(e, e.children_.rekey_due()); },
         [](E& e, Instant now) { e.begin_if_any(e.children_.next_rekey(now), now); }},
        {false, [](const E& e) { return e.s_.peer.next_request_due(); },
         [](E& e, Instant now) { e.begin_liveness(now); }},
    }};
    return all;
}

/// While a request is in flight none is due, for the window is one.
bool Established::may_ask() const {
    return !over_ && !s_.output.on_hold() && !undecided() && !ike_sas_.in_use().window.waiting();
}

std::optional<Instant> Established::next_request_due() const {
    std::optional<Instant> next = closing_ ? std::nullopt : renewal_.deadline();
    for (const Wish& wish : wishes()) {
        const auto due = wish.due(*this);
        next = earlier(next, due);
        if (due && wish.blocks) {
            break;
        }
    }
    return next;
}

void Established::ask_next(Instant now) {
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
void Established::renewal_due(Instant now) {
    if (closing_) {
        return;
    }
    switch (renewal_.due(now)) {
        case Renewal::Step::none:
            return;
        case Renewal::Step::tell:
            s_.output.emit(ReauthenticationDue{});
            return;
        case Renewal::Step::end:
            begin_closing(renewal_.why(), now);
            return;
    }
}

void Established::begin(IkeSa& sa, Request request, Instant now) {
    sa.challenge = paths_.challenge(request.in_flight, s_.env.random);
    if (sa.challenge) {
        request.payloads.emplace_back(cookie2_of(*sa.challenge));
    }
    s_.counters.count_sent(request.payloads);
    if (ike_sas_.is_in_use(sa)) {
        round_trip_.on_request(now);
    }
    sa.begin(std::move(request), now, s_.config.retransmission, s_.env.random);
    s_.output.send(paths_.requests(), sa.window.request(), purpose_of(sa), now);
}

void Established::begin_if_any(std::optional<Request> request, Instant now) {
    if (request) {
        begin(ike_sas_.in_use(), *std::move(request), now);
    }
}

void Established::begin_if_any(ChildSas::Next request, Instant now) {
    if (request) {
        begin_if_any(*std::move(request), now);
    } else {
        fail(request.error());
    }
}

void Established::begin_update(Request update, Instant now) {
    auto addresses = s_.addresses.take_payloads(paths_.current().local.address);
    std::ranges::move(addresses, std::back_inserter(update.payloads));
    begin(ike_sas_.in_use(), std::move(update), now);
    s_.check.begin_new_path(now, round_trip_.late());
}

/// RFC 4555 3.8: behind a NAT, the question whether the gateway lives also asks whether the NAT has
/// changed what it makes of us.
Request Established::liveness(bool no_inbound) const {
    Payloads payloads;
    if (paths_.watches_mapping() && s_.mapping.can_compare()) {
        payloads = paths_.nat_detection_payloads(ike_sas_.in_use().spis);
    }
    return {ExchangeType::informational, std::move(payloads), Liveness{.doubted = no_inbound}};
}

void Established::begin_liveness(Instant now) {
    if (paths_.watches_mapping() && !s_.mapping.learned()) {
        // It asks the same, and its answer is what later ones are held against.
        begin_update(paths_.update(ike_sas_.in_use().spis), now);
    } else {
        begin(ike_sas_.in_use(), liveness(false), now);
    }
}

void Established::begin_delete(IkeSa& sa, Instant now) {
    begin(sa,
          {ExchangeType::informational,
           {wire::DeletePayload{wire::ProtocolId::ike, {}}},
           DeleteIke{}},
          now);
}

void Established::begin_delete(Instant now) {
    if (ike_sas_.successor() && !ike_sas_.successor()->sa->window.waiting()) {
        begin_delete(*ike_sas_.successor()->sa, now);  // the gateway may have that one only
    }
    begin_delete(ike_sas_.in_use(), now);
}

/// The IKE SA is to be deleted. RFC 7296 2.21.3 advises it, too, when the two sides do not agree.
void Established::begin_closing(Failure why, Instant now) {
    if (!closing_) {
        closing_ = Closing{std::move(why), now + closing_patience};
        apply(paths_.abandon_test(), now);
    }
}

/// RFC 4555 3.5: by the path that requests leave by now, byte for byte, and their intervals start
/// over.
void Established::resend_in_flight(Instant now) {
    round_trip_.on_request(now);
    for (IkeSa& sa : ike_sas_.all()) {
        if (!sa.window.waiting()) {
            continue;
        }
        outdate(sa);
        if (sa.challenge) {
            sa.challenge->sent_to(paths_.requests().remote.address);
        }
        sa.window.restart(now, s_.config.retransmission, s_.env.random);
        s_.output.send(paths_.requests(), sa.window.request(), Transmit::Purpose::exchange, now);
    }
}

/// Which addresses the gateway takes from it is not known any more: another one has to follow.
void Established::outdate(IkeSa& sa) {
    if (auto* update = std::get_if<UpdateAddresses>(&sa.in_flight)) {
        update->stale = true;
        paths_.want_update();
    }
    // RFC 4555 3.6: from another source address it means something else, so it is said anew.
    if (auto* addresses = std::get_if<AnnounceAddresses>(&sa.in_flight)) {
        addresses->stale = true;
        s_.addresses.tell_again();
    }
}

/// Its IKE SA is gone, so it is to be said anew on the one in use.
void Established::on_lost(const InFlight& request) {
    if (std::holds_alternative<UpdateAddresses>(request)) {
        paths_.want_update();
    } else if (std::holds_alternative<AnnounceAddresses>(request)) {
        s_.addresses.tell_again();
    } else if (const auto* deletion = std::get_if<DeleteChild>(&request)) {
        children_.on_lost(*deletion);
    }
}

// ------------------------------------------------------------------ what comes in

void Established::receive(ByteView datagram, const Path& path, Instant now) {
    const auto header = wire::Header::decode(datagram);
    if (!header) {
        return;
    }
    route(*header, datagram, path, now);
    ask_next(now);
}

void Established::route(const wire::Header& header, ByteView datagram, const Path& path,
                        Instant now) {
    IkeSa* sa = ike_sas_.find(header);
    if (sa == nullptr) {
        return;
    }
    // RFC 7296 2.3: outside the window nothing is looked at any closer.
    const auto incoming = sa->window.classify(header.message_id);
    const bool expected = header.response ? is_answer_to(sa->window, header)
                                          : incoming != ExchangeWindow::Incoming::outside;
    if (s_.check.is_late_copy(heard(*sa, header, path)) && sa->messages.open(datagram)) {
        s_.check.path_carries(now);
        return;
    }
    if (!expected) {
        return;
    }
    const auto opened = sa->messages.open(datagram);
    if (!opened && std::holds_alternative<Unauthentic>(opened.error())) {
        return;
    }
    const bool racing = ike_sas_.in_use().is_in_flight<RekeyIke>();
    if (ike_sas_.successor() && ike_sas_.successor()->sa == sa && !racing) {
        use_successor(now);  // the gateway speaks by it, so it has our answer
    }
    // RFC 7296 2.1: the cached answer again, whatever the request says. Anybody may repeat a
    // request that was on the wire, so it is no sign of life.
    if (!header.response && incoming == ExchangeWindow::Incoming::repeated) {
        sa->held_answer.reset();
        s_.output.send(path, sa->window.last_response(), Transmit::Purpose::exchange, now);
        return;
    }
    on_authentic(heard(*sa, header, path), now);
    if (!opened) {
        on_malformed(*sa, header, std::get<wire::DecodeError>(opened.error()), path, now);
        return;
    }
    s_.count_received(*opened, false);  // RFC 4555 3.1: MOBIKE_SUPPORTED has its place in IKE_AUTH
    if (!header.response) {
        on_request(*sa, header, *opened, path, now);
    } else if (!paths_.stays_open(sa->in_flight, path)) {
        on_response(*sa, *opened, path, now);
    }
}

/// Of an authentic message that was not here before.
void Established::on_authentic(const PathCheck::Heard& heard, Instant now) {
    // RFC 4555 3.12: one that asks by a path we have left may not know of the new one.
    const bool counts = heard.response || paths_.is_in_use(heard.by);
    if (counts && s_.peer.on_authentic(now)) {
        s_.output.emit(GatewaySilent{false});
    }
    if (s_.check.on_authentic(heard, now)) {
        recover_traffic(now);
    }
}

void Established::on_response(IkeSa& sa, std::span<const wire::Payload> payloads, const Path& path,
                              Instant now) {
    const InFlight answered = std::exchange(sa.in_flight, std::monostate{});
    const bool in_use = ike_sas_.is_in_use(sa);
    const Duration took = round_trip_.since_request(now);
    // A repeated request's time is no less than that of one answer, which is better than nothing,
    // and than what is so short that it led to asking by other paths.
    const bool once = sa.window.transmissions() == 1;
    const bool measures =
        !s_.check.running() && (once || !round_trip_.known() || is_stale(answered));
    sa.window.end();
    sa.release_answer_soon(now);
    if (!passes_challenge(sa, payloads, now)) {
        return;
    }
    const Duration margin = once && in_use ? round_trip_.reorder_margin(took) : Duration::zero();
    apply(paths_.on_answer_by(path, margin, now), now);
    if (measures && in_use && same_way(path, paths_.current())) {
        round_trip_.record(took);
    }
    std::visit(
        Overloaded{
            [](const std::monostate&) {}, [](const TestPath&) {},
            [&](const CreateChild& exchange) {
                const bool may_ask_again = in_use && !closing_;
                on_child_outcome(children_.on_response(exchange, payloads, sa.key_source(),
                                                       esp_path(), may_ask_again, now),
                                 now);
            },
            [&](const RekeyIke& exchange) { on_rekey_response(exchange, sa, payloads, now); },
            [&](const DeleteChild& deletion) { emit_all(children_.on_deleted(deletion)); },
            [&](const DeleteIke&) { on_delete_answered(sa); },
            [&](const Liveness& liveness) { on_liveness_response(liveness, payloads, path); },
            [&](const AnnounceAddresses& told) { on_addresses_response(told, payloads); },
            [&](const UpdateAddresses& update) { on_update_response(update, payloads, now); }},
        answered);
}

/// RFC 4555 3.7: an answer with another COOKIE2 than we sent, or without, ends the IKE SA, be it
/// stale or not.
bool Established::passes_challenge(IkeSa& sa, std::span<const wire::Payload> payloads,
                                   Instant now) {
    const auto challenge = std::exchange(sa.challenge, std::nullopt);
    if (!challenge) {
        return true;
    }
    if (!challenge->met_by(payloads)) {
        ++s_.counters.cookie2_mismatch;
        begin_closing({Reason::return_routability_failed, "the gateway's answer by " +
                                                              paths_.requests().text() +
                                                              " does not bring back our COOKIE2"},
                      now);
        return false;
    }
    ++s_.counters.cookie2_match;
    apply(paths_.on_challenge_met(*challenge, s_.output.on_hold()), now);
    return true;
}

void Established::on_child_outcome(ChildSas::Outcome outcome, Instant now) {
    emit_all(std::move(outcome.events));
    std::visit(
        Overloaded{[](std::monostate) {}, [&](ChildSas::Outcome::Granted) { on_rekey_granted(); },
                   [&](Request& again) { begin(ike_sas_.in_use(), std::move(again), now); },
                   [&](const ChildSas::Outcome::Refused& refused) {
                       on_rekey_refused(refused.notify, now);
                   },
                   [&](Failure& failure) { begin_closing(std::move(failure), now); },
                   [&](crypto::CryptoError error) { fail(error); }},
        outcome.next);
}

void Established::on_rekey_response(const RekeyIke& exchange, IkeSa& sa,
                                    std::span<const wire::Payload> payloads, Instant now) {
    auto outcome = exchange.on_response(payloads, sa.key_source());
    if (!std::holds_alternative<FreshIkeSa>(outcome) && ike_sas_.successor()) {
        return;  // ours came to nothing, but the gateway's own rekey did not
    }
    std::visit(
        Overloaded{[&](FreshIkeSa& fresh) { on_rekeyed(sa, std::move(fresh), now); },
                   [&](const RekeyIke::OtherGroup& other) {
                       if (!closing_) {
                           begin_if_any(ike_sas_.rekey_request(other.group), now);
                       }
                   },
                   [&](const RekeyIke::Refused& refused) { on_rekey_refused(refused.notify, now); },
                   [&](const RekeyIke::Broken& broken) {
                       begin_closing({Reason::protocol_error,
                                      "rekey of the IKE SA: the gateway sent " + broken.why},
                                     now);
                   }},
        outcome);
}

void Established::on_rekeyed(IkeSa& old, FreshIkeSa fresh, Instant now) {
    on_rekey_granted();
    const auto made = ike_sas_.on_rekeyed(std::move(fresh));
    if (!made) {
        fail(made.error());
    } else if (made->redundant != nullptr) {
        begin_delete(*made->redundant, now);
    } else {
        use(*made->fresh, now);
        begin_delete(old, now);
    }
}

void Established::on_rekey_granted() {
    refusals_.granted();
    renewal_.unwant();
}

void Established::on_rekey_refused(const NotifyPayload& notify, Instant now) {
    s_.env.log.info("rekey refused", {{"notify", wire::name(notify.type)}});
    const bool carries = !children_.empty();
    const auto verdict = refusals_.refused(notify.type, carries);
    if (verdict.hopeless) {
        renewal_.want({Reason::rekey_refused, failure_of(notify).detail + " to each rekey"},
                      carries ? renewal_patience : renewal_patience_without_child, now);
    }
    // RFC 4555 3.8: what the gateway asks may no longer reach us, and it waits for our answer.
    if (notify.type == NotifyType::temporary_failure && paths_.watches_mapping() &&
        refusals_.is_suspicious()) {
        paths_.want_update();
    }
    refusals_.wait_until(now + jittered(verdict.wait, s_.env.random));
}

void Established::on_delete_answered(IkeSa& sa) {
    if (ike_sas_.is_in_use(sa)) {
        finish(closing_ ? closing_->why : Failure{});
    } else {
        on_lost(ike_sas_.drop(sa));
    }
}

void Established::on_update_response(const UpdateAddresses& update,
                                     std::span<const wire::Payload> payloads, Instant now) {
    if (update.stale) {
        s_.addresses.tell_again();  // it may have overtaken a newer one
        return;
    }
    if (const auto* error = wire::find_error(payloads)) {
        if (error->type == NotifyType::unexpected_nat_detected && s_.may_ask_again("the update")) {
            paths_.want_update();
        } else {
            apply(paths_.on_update_refused(update, error->type, now), now);
        }
        return;
    }
    if (ike_sas_.successor()) {
        ike_sas_.successor()->updated = true;
    }
    s_.mapping.met_none();
    s_.mapping.learn(payloads);
    apply(paths_.on_updated(update, payloads, ike_sas_.in_use().spis), now);
    if (s_.traffic.needs_rekey_after_move()) {
        s_.env.log.info("the gateway moves with new Child SAs only, rekeying them", {});
        children_.rekey_all(now);
    }
}

void Established::on_addresses_response(const AnnounceAddresses& told,
                                        std::span<const wire::Payload> payloads) {
    const bool refused =
        wire::find_notify(payloads, NotifyType::unexpected_nat_detected) != nullptr;
    if (told.stale || (refused && s_.may_ask_again("our addresses"))) {
        s_.addresses.tell_again();
    }
    // By an IKE SA that was left it may have overtaken a newer one.
    if (ike_sas_.successor()) {
        ike_sas_.successor()->announced = true;
    }
}

/// The gateway has answered by the path in use. If data does not flow although it lives, the NAT
/// may be why (RFC 4555 3.8: then the update needs no detection before it).
void Established::on_liveness_response(const Liveness& liveness,
                                       std::span<const wire::Payload> payloads, const Path& path) {
    if (paths_.watches_mapping() && same_way(path, paths_.current()) &&
        s_.mapping.is_changed(payloads, liveness.doubted)) {
        s_.env.log.info("the NAT may have another mapping for us", {{"path", path.text()}});
        paths_.want_update();
    }
}

void Established::on_request(IkeSa& sa, const wire::Header& header,
                             std::span<const wire::Payload> payloads, const Path& path,
                             Instant now) {
    auto answer = responder_.answer(sa, header, payloads, path, closing_.has_value(), now);
    if (answer.failure) {
        finish(*std::move(answer.failure));
        return;
    }
    on_lost(answer.lost);
    emit_all(std::move(answer.events));
    respond(sa, header, answer.payloads, path, now);
    if (answer.deletes_ike_sa) {
        on_deleted_by_gateway(sa, now);
    } else if (answer.refuses) {
        finish(*std::move(answer.refuses));
    }
}

/// RFC 7296 2.11: the answer goes back the way the request came.
void Established::respond(IkeSa& sa, const wire::Header& request, const Payloads& payloads,
                          const Path& path, Instant now) {
    s_.counters.count_sent(payloads);
    if (sa.answer(request, payloads, path, now, s_.env.random)) {
        s_.output.send(path, sa.window.last_response(), Transmit::Purpose::exchange, now);
    }
}

void Established::on_deleted_by_gateway(IkeSa& sa, Instant now) {
    if (ike_sas_.is_in_use(sa)) {
        if (!ike_sas_.successor()) {
            finish(closing_ ? closing_->why
                            : Failure{Reason::closed_by_gateway, "the gateway sent a Delete"});
            return;
        }
        // RFC 7296 2.25.2: our own rekey is forgotten, the gateway's stands.
        use_successor(now);
    }
    on_lost(ike_sas_.drop(sa));
}

/// The gateway itself, for it is authentic, sent what can't be read (RFC 7296 2.21.3, 2.5).
void Established::on_malformed(IkeSa& sa, const wire::Header& header,
                               const wire::DecodeError& error, const Path& path, Instant now) {
    const bool critical = error.error == wire::WireError::unsupported_critical_payload;
    Failure failure{
        critical ? Reason::unsupported_critical_payload : Reason::protocol_error,
        "the gateway sent a message that can't be read: " + std::string(wire::name(error.error))};
    if (header.response) {
        on_unreadable_response(sa, std::move(failure), now);
    } else if (critical) {
        // RFC 7296 2.5: that request is refused, the IKE SA goes on.
        respond(sa, header, refusal(NotifyType::unsupported_critical_payload, {error.payload_type}),
                path, now);
    } else {
        respond(sa, header, refusal(NotifyType::invalid_syntax), path, now);
        finish(std::move(failure));
    }
}

/// RFC 7296 2.5: it is rejected, so its request has no answer that counts. The gateway would repeat
/// the same for ever.
void Established::on_unreadable_response(IkeSa& sa, Failure failure, Instant now) {
    const bool deletes = sa.is_in_flight<DeleteIke>();
    sa.in_flight = std::monostate{};
    sa.challenge.reset();
    sa.window.end();
    if (deletes) {
        on_delete_answered(sa);
    } else {
        begin_closing(std::move(failure), now);
    }
}

// ------------------------------------------------------------------ acting on outcomes

void Established::apply(PathManager::Outcome outcome, Instant now) {
    emit_all(std::move(outcome.events));
    if (outcome.switched) {
        s_.traffic.on_path_change(now);
        s_.mapping.met_none();
        round_trip_.forget();
    }
    if (outcome.udp_refused) {
        const Path& path = paths_.current();
        s_.env.log.info("the gateway refuses ESP in UDP", {{"path", path.text()}});
        s_.traffic.on_udp_refused(addresses_of(path));
    }
    if (outcome.resend) {
        resend_in_flight(now);
    }
}

/// The path carries, and yet no data comes in.
void Established::recover_traffic(Instant now) {
    const auto outcome = s_.traffic.on_no_inbound(now, traffic_use());
    if (outcome.newly_missed) {
        s_.output.emit(DataMissing{true});
    }
    s_.check.allow_from(now + outcome.check_again_in);
    if (outcome.remedy != FlowRemedy::none) {
        s_.env.log.info(
            "the gateway answers and no packet comes in",
            {{"path", paths_.current().text()}, {"remedy", std::string(name(outcome.remedy))}});
    }
    switch (outcome.remedy) {
        case FlowRemedy::none:
            return;
        case FlowRemedy::encapsulate:
            paths_.want_update();
            return;
        case FlowRemedy::update:
            if (paths_.supported()) {
                paths_.want_update();
            }
            return;
        case FlowRemedy::rekey:
            children_.rekey_all(now);
            return;
        case FlowRemedy::succeed:
            s_.output.emit(SuccessorWanted{});
            return;
        case FlowRemedy::reconnect:
            begin_closing({Reason::no_data, "the gateway answers, and nothing comes in"}, now);
            return;
    }
}

void Established::use(IkeSa& sa, Instant now) {
    outdate(ike_sas_.in_use());
    ike_sas_.use(sa, now);
    s_.mapping.forget();
    s_.output.emit(IkeSaRekeyed{sa.spis});
}

void Established::use_successor(Instant now) {
    const auto successor = *std::exchange(ike_sas_.successor(), std::nullopt);
    if (successor.updated) {
        paths_.want_update();
    }
    if (successor.announced) {
        s_.addresses.tell_again();
    }
    use(*successor.sa, now);
}

void Established::emit_all(std::vector<Event> events) {
    for (Event& event : events) {
        s_.output.emit(std::move(event));
    }
}

void Established::fail(crypto::CryptoError error) {
    finish({Reason::crypto_failure, std::string(crypto::name(error))});
}

void Established::finish(Failure why) {
    if (!over_) {
        over_ = std::move(why);
        ike_sas_.forget_keys();
    }
}

/// By which path to ask the next thing is not known yet. Who closes does not wait for that.
bool Established::undecided() const {
    return (s_.check.undecided() || paths_.is_about_to_switch()) && !closing_;
}

bool Established::may_check_path() const {
    return !s_.output.on_hold() && !closing_ && !paths_.can_go_back();
}

TrafficWatch::Use Established::traffic_use() const {
    return {.path = addresses_of(paths_.current()),
            .in_udp = paths_.udp_encapsulated(),
            .nat_traversal = paths_.knows_nat_traversal(),
            .mobike = paths_.supported()};
}

PathCheck::Heard Established::heard(const IkeSa& sa, const wire::Header& header,
                                    const Path& path) const {
    return {.by = path,
            .response = header.response ? std::optional(header.message_id) : std::nullopt,
            .on_sa_in_use = ike_sas_.is_in_use(sa),
            .current = paths_.current(),
            .requests = paths_.requests(),
            .can_go_back = paths_.can_go_back()};
}

}  // namespace ike::session
