// SPDX-License-Identifier: Apache-2.0
#include "ike/session/core.hpp"

#include "ike/base/overloaded.hpp"

#include <algorithm>

namespace ike::session {

namespace {

constexpr std::uint8_t keepalive = 0xff;  // RFC 3948 2.3

Transmit::Purpose purpose_of(const IkeSa& sa) {
    return sa.is_in_flight<UpdateAddresses>() ? Transmit::Purpose::update_sa_addresses
                                              : Transmit::Purpose::exchange;
}

/// Of the same exchange as the request that has its Message ID (RFC 7296 1.2 to 1.4, 2.2).
bool is_answer_to(const ExchangeWindow& window, const wire::Header& header) {
    const auto request = wire::Header::decode(window.request());
    return window.awaits(header.message_id) && request && request->exchange == header.exchange;
}

}  // namespace

Session::Core::Core(SessionConfig config, Environment environment)
    : config_(std::move(config)),
      env_(std::move(environment)),
      experience_(config_.flow_experience),
      peer_(config_.liveness),
      routability_(config_.return_routability) {}

void Session::Core::start(const AddressPair& addresses, Instant now) {
    if (phase_ == Phase::idle) {
        addresses_ = addresses;
        initiate(now);
    }
}

void Session::Core::receive(ByteView datagram, const Path& path, Instant now) {
    if (phase_ == Phase::connecting) {
        attempt_->receive(datagram, path, now);
        take_attempt(now);
        return;
    }
    const auto header = wire::Header::decode(datagram);
    if (header && phase_ == Phase::established) {
        route(*header, datagram, path, now);
        pump(now);
    }
}

void Session::Core::route(const wire::Header& header, ByteView datagram, const Path& path,
                          Instant now) {
    IkeSa* sa = ike_sas_->find(header);
    if (sa == nullptr) {
        return;
    }
    // RFC 7296 2.3: outside the window nothing is looked at any closer.
    const auto incoming = sa->window.classify(header.message_id);
    const bool expected = header.response ? is_answer_to(sa->window, header)
                                          : incoming != ExchangeWindow::Incoming::outside;
    if (is_late_copy(*sa, header, path) && sa->messages.open(datagram)) {
        path_lives(now);
        return;
    }
    if (!expected) {
        return;
    }
    const auto opened = sa->messages.open(datagram);
    if (!opened && std::holds_alternative<Unauthentic>(opened.error())) {
        return;
    }
    const bool racing = ike().is_in_flight<RekeyIke>();
    if (ike_sas_->successor() && ike_sas_->successor()->sa == sa && !racing) {
        use_successor(now);  // the gateway speaks by it, so it has our answer
    }
    // RFC 7296 2.1: the cached answer again, whatever the request says. Anybody may repeat a
    // request that was on the wire, so it is no sign of life.
    if (!header.response && incoming == ExchangeWindow::Incoming::repeated) {
        sa->held_answer.reset();
        output_.send(path, sa->window.last_response(), Transmit::Purpose::exchange, now);
        return;
    }
    take_note(*sa, header, opened ? *opened : std::vector<wire::Payload>{}, path, now);
    if (!opened) {
        on_malformed(*sa, header, std::get<wire::DecodeError>(opened.error()), path, now);
    } else if (header.response) {
        if (!stays_open(*sa, path)) {
            on_response(*sa, *opened, path, now);
        }
    } else {
        on_request(*sa, header, *opened, path, now);
    }
}

/// Of an authentic message that was not here before.
void Session::Core::take_note(const IkeSa& sa, const wire::Header& header,
                              std::span<const wire::Payload> payloads, const Path& path,
                              Instant now) {
    // RFC 4555 3.12: one that asks by a path we have left may not know of the new one.
    if (header.response || is_in_use(path)) {
        heard(now);
    }
    note_authentic(sa, path, header.response ? std::optional(header.message_id) : std::nullopt,
                   now);
    count_received(payloads);
}

void Session::Core::heard(Instant now) {
    if (peer_.on_authentic(now)) {
        output_.emit(GatewaySilent{false});
    }
}

void Session::Core::tick(Instant now) {
    if (phase_ == Phase::closed || phase_ == Phase::idle) {
        return;
    }
    if (closing_ && now >= closing_->until) {
        finish(closing_->why);
        return;
    }
    if (output_.on_hold()) {
        return;
    }
    if (phase_ == Phase::connecting) {
        attempt_->tick(now);
        take_attempt(now);
        return;
    }
    if (peer_.give_up_at() && now >= *peer_.give_up_at()) {
        finish({Reason::gone_after_sleep, "no answer since the machine woke up"});
        return;
    }
    for (IkeSa& sa : ike_sas_->all()) {
        if (sa.held_answer && now >= sa.held_answer->until) {
            release_answer(sa, now);
        }
    }
    if (rescue_due(now)) {
        return;  // whoever is told of PathDied hears of it before anything leaves by the new path
    }
    overtake_due(now);
    retransmit_due(now);
    keepalive_due(now);
    pump(now);
}

void Session::Core::retransmit_due(Instant now) {
    for (auto sa = ike_sas_->all().begin(); sa != ike_sas_->all().end();) {
        IkeSa& each = *sa++;  // it may be dropped below
        if (!each.window.deadline() || now < *each.window.deadline()) {
            continue;
        }
        note_sent_again(each);
        if (retransmit(each.window, purpose_of(each), now)) {
            continue;
        }
        if (ike_sas_->is_in_use(each) && !ike_sas_->successor()) {
            finish(
                {Reason::gateway_unreachable, "no answer from " + mobike_.current.remote.text()});
            return;
        }
        if (ike_sas_->is_in_use(each)) {
            use_successor(now);  // both rekeyed, and the gateway has left the old one behind
        }
        drop_ike_sa(each);
    }
    if (ike_sas_->successor() && ike().window.waiting() &&
        PeerLiveness::is_silence(ike().window.transmissions()) &&
        !ike_sas_->successor()->sa->window.waiting()) {
        // Has the gateway given up the old one? Then it answers here, and route() goes over.
        begin(*ike_sas_->successor()->sa, {wire::ExchangeType::informational, {}, Liveness{}}, now);
    }
    if (mobike_.can_go_back() && ike().window.waiting() &&
        PeerLiveness::is_silence(ike().window.transmissions())) {
        go_back("", now);
    }
}

bool Session::Core::retransmit(ExchangeWindow& window, Transmit::Purpose purpose, Instant now) {
    if (window.transmissions() >= config_.retransmission.tries) {
        return false;
    }
    window.repeat(now, config_.retransmission, env_.random);
    // One that is being left may be gone at the gateway, which says nothing of the one in use.
    const bool in_use = &window == &ike().window;
    if (in_use && PeerLiveness::is_silence(window.transmissions()) && peer_.on_silence()) {
        output_.emit(GatewaySilent{true});
    }
    output_.send(mobike_.requests(), window.request(), purpose, now);
    if (in_use) {
        doubt_unanswered(now);
    }
    return true;
}

/// RFC 3948 4: who is behind a NAT keeps its mapping alive. So does who has found that bare ESP is
/// swallowed: a firewall that does that lets in what belongs to UDP that it has seen leave.
bool Session::Core::keeps_mapping() const {
    const bool filtered = mobike_.claims_nat && !config_.force_udp_encapsulation;
    return config_.nat_keepalive > Duration::zero() && (mobike_.nat.local || filtered);
}

void Session::Core::keepalive_due(Instant now) {
    if (phase_ == Phase::established && keeps_mapping() &&
        now >= output_.last_sent() + config_.nat_keepalive) {
        output_.send(mobike_.current, {keepalive}, Transmit::Purpose::nat_keepalive, now);
    }
}

void Session::Core::note_inbound_on(ChildSpi inbound) {
    if (phase_ == Phase::established) {
        emit_all(children_->on_inbound(inbound));
    }
}

void Session::Core::close(Instant now) {
    if (phase_ != Phase::established || output_.on_hold()) {
        finish({Reason::closed_by_us, ""});
        return;
    }
    if (!closing_) {
        begin_closing({Reason::closed_by_us, ""}, now);
        resend_outstanding(now);  // the Delete has to wait for its answer
        pump(now);
    }
}

void Session::Core::finish(Failure failure) {
    if (phase_ == Phase::closed) {
        return;
    }
    phase_ = Phase::closed;
    attempt_.reset();
    if (ike_sas_) {
        ike_sas_->forget_keys();  // the caller may still hold a reference
    }
    children_.reset();
    output_.emit(Closed{std::move(failure)});
}

void Session::Core::emit_all(std::vector<Event> events) {
    for (Event& event : events) {
        output_.emit(std::move(event));
    }
}

}  // namespace ike::session
