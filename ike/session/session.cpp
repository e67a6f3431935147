// SPDX-License-Identifier: Apache-2.0
#include "ike/session/session.hpp"

#include "ike/base/overloaded.hpp"
#include "ike/session/established.hpp"
#include "ike/session/lasting.hpp"

#include <utility>
#include <variant>

namespace ike::session {

namespace {

struct Idle {};
/// There is no IKE SA yet. A move to a better path waits until there is one.
struct Connecting {
    AddressPair addresses;
    std::optional<AddressPair> preferred;
    ConnectAttempt attempt;
};
struct Ended {};

}  // namespace

/// The parts that last, and those of the present phase.
struct Session::Parts {
    Parts(SessionConfig config, Environment environment)
        : lasting(std::move(config), std::move(environment)) {}

    void connect(const AddressPair& addresses, const std::optional<AddressPair>& preferred,
                 Instant now);
    void take_attempt(Instant now);
    void on_won(ConnectAttempt::Won won, const std::optional<AddressPair>& preferred, Instant now);
    void end_if_over();
    void end(Failure why);

    [[nodiscard]] Connecting* connecting() { return std::get_if<Connecting>(&phase); }
    [[nodiscard]] Established* established() { return std::get_if<Established>(&phase); }

    Lasting lasting;
    std::variant<Idle, Connecting, Established, Ended> phase;
};

Session::Session(SessionConfig config, Environment environment)
    : parts_(std::make_unique<Parts>(std::move(config), std::move(environment))) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

void Session::start(const AddressPair& addresses, Instant now) {
    if (std::holds_alternative<Idle>(parts_->phase)) {
        parts_->connect(addresses, std::nullopt, now);
    }
}

void Session::receive(ByteView datagram, const Path& path, Instant now) {
    if (Connecting* connecting = parts_->connecting()) {
        connecting->attempt.receive(datagram, path, now);
        parts_->take_attempt(now);
    } else if (Established* established = parts_->established()) {
        established->receive(datagram, path, now);
        parts_->end_if_over();
    }
}

void Session::tick(Instant now) {
    if (Connecting* connecting = parts_->connecting()) {
        if (!parts_->lasting.output.on_hold()) {
            connecting->attempt.tick(now);
            parts_->take_attempt(now);
        }
    } else if (Established* established = parts_->established()) {
        established->tick(now);
        parts_->end_if_over();
    }
}

/// Without an IKE SA there is nothing to move: a lost path starts over by the new one, a better one
/// waits.
void Session::move(const AddressPair& addresses, MoveKind kind, Instant now) {
    const bool forced = kind == MoveKind::forced;
    if (Connecting* connecting = parts_->connecting()) {
        if (forced || parts_->lasting.output.on_hold()) {
            parts_->connect(addresses, std::nullopt, now);
        } else {
            connecting->preferred = addresses;
        }
    } else if (Established* established = parts_->established()) {
        established->move(addresses, forced, now);
        parts_->end_if_over();
    }
}

void Session::hold(Instant) {
    if (Connecting* connecting = parts_->connecting()) {
        parts_->lasting.output.hold();
        connecting->preferred.reset();
        connecting->attempt.freeze();
    } else if (Established* established = parts_->established()) {
        established->hold();
    }
}

void Session::standby(std::vector<AddressPair> others) {
    parts_->lasting.check.set_standbys(std::move(others));
}

void Session::doubt_path(Instant now) {
    if (Established* established = parts_->established()) {
        established->check_path(now);
        parts_->end_if_over();
    }
}

void Session::wake(Instant now) {
    if (Established* established = parts_->established()) {
        established->resume(now);
        parts_->end_if_over();
    }
}

void Session::announce(std::vector<IpAddress> ours) {
    parts_->lasting.addresses.set_ours(std::move(ours));
}

void Session::note_inbound_traffic(Instant when, const std::optional<Path>& path) {
    if (Established* established = parts_->established()) {
        established->on_inbound(when, path);
    }
}

void Session::note_inbound_on(ChildSpi inbound, Instant when, const std::optional<Path>& path) {
    if (Established* established = parts_->established()) {
        established->on_inbound(when, path);
        established->on_inbound_by(inbound);
    }
}

void Session::rekey_child(ChildSpi inbound, Instant now) {
    if (Established* established = parts_->established()) {
        established->rekey_child(inbound, now);
        parts_->end_if_over();
    }
}

void Session::rekey_ike(Instant now) {
    if (Established* established = parts_->established()) {
        established->rekey_ike(now);
        parts_->end_if_over();
    }
}

void Session::close(Instant now) {
    if (Established* established = parts_->established()) {
        established->close(now);
        parts_->end_if_over();
    } else {
        parts_->end({Reason::closed_by_us, ""});
    }
}

std::optional<Transmit> Session::poll_transmit() {
    return parts_->lasting.output.poll_transmit();
}

std::optional<Event> Session::poll_event() {
    return parts_->lasting.output.poll_event();
}

std::optional<Instant> Session::next_deadline() const {
    if (const Connecting* connecting = parts_->connecting()) {
        return parts_->lasting.output.on_hold() ? std::nullopt
                                                : connecting->attempt.next_deadline();
    }
    const Established* established = parts_->established();
    return established != nullptr ? established->next_deadline() : std::nullopt;
}

bool Session::busy() const {
    if (parts_->lasting.output.on_hold()) {
        return false;
    }
    const Established* established = parts_->established();
    return established != nullptr ? established->busy() : parts_->connecting() != nullptr;
}

Instant Session::last_heard() const {
    return parts_->lasting.peer.last_heard();
}

const MobikeCounters& Session::counters() const {
    return parts_->lasting.counters;
}

const FlowExperience& Session::flow_experience() const {
    return parts_->lasting.traffic.experience();
}

void Session::Parts::connect(const AddressPair& addresses,
                             const std::optional<AddressPair>& preferred, Instant now) {
    lasting.output.resume();
    std::vector<wire::Payload> additional;
    if (lasting.config.mobike) {
        additional = lasting.addresses.take_first_payloads(addresses.local);
    }
    phase.emplace<Connecting>(Connecting{
        .addresses = addresses,
        .preferred = preferred,
        .attempt = ConnectAttempt(
            lasting.config, lasting.env, lasting.counters, lasting.fragment_sizes, addresses,
            claim_for(lasting.config, lasting.traffic.experience(), addresses),
            std::move(additional))});
    connecting()->attempt.start(now);
    take_attempt(now);
}

/// Takes the output of the attempt, after each input to it.
void Session::Parts::take_attempt(Instant now) {
    Connecting& connecting = std::get<Connecting>(phase);
    while (auto datagram = connecting.attempt.poll_transmit()) {
        lasting.output.send(datagram->path, {std::move(datagram->datagram)}, datagram->purpose,
                            now);
    }
    while (auto hint = connecting.attempt.poll_hint()) {
        lasting.output.emit(AttemptHint{*std::move(hint)});
    }
    if (connecting.attempt.silent() && lasting.peer.on_silence()) {
        lasting.output.emit(GatewaySilent{true});
    }
    auto outcome = connecting.attempt.take_outcome();
    if (!outcome) {
        return;
    }
    const AddressPair addresses = connecting.addresses;
    const auto preferred = connecting.preferred;
    std::visit(Overloaded{[&](ConnectAttempt::Won& won) { on_won(std::move(won), preferred, now); },
                          [&](ConnectAttempt::NatInTheWay& nat) {
                              if (lasting.may_ask_again("IKE_AUTH")) {
                                  connect(addresses, preferred, now);  // from IKE_SA_INIT on
                              } else {
                                  end(std::move(nat.failure));
                              }
                          },
                          [&](Failure& failure) { end(std::move(failure)); }},
               *outcome);
}

void Session::Parts::on_won(ConnectAttempt::Won won, const std::optional<AddressPair>& preferred,
                            Instant now) {
    if (lasting.peer.on_authentic(now)) {
        lasting.output.emit(GatewaySilent{false});
    }
    lasting.count_received(won.payloads, lasting.config.mobike);
    if (auto* without = std::get_if<IkeAuth::WithoutChild>(&won.result)) {
        won.sa.begin({wire::ExchangeType::informational,
                      {wire::DeletePayload{wire::ProtocolId::ike, {}}},
                      DeleteIke{}},
                     now, lasting.config.retransmission, lasting.env.random);
        lasting.output.send(won.path, won.sa.window.request(), Transmit::Purpose::exchange, now);
        end(std::move(without->failure));
        return;
    }
    auto& established = phase.emplace<Established>(
        lasting, won, std::get<IkeAuth::Authenticated>(std::move(won.result)), now);
    if (preferred) {
        established.move(*preferred, false, now);
    }
    established.begin(won.payloads, now);
    end_if_over();
}

void Session::Parts::end_if_over() {
    if (const Established* over = established(); over != nullptr && over->over()) {
        end(*over->over());
    }
}

void Session::Parts::end(Failure why) {
    if (!std::holds_alternative<Ended>(phase)) {
        phase.emplace<Ended>();
        lasting.output.emit(Closed{std::move(why)});
    }
}

}  // namespace ike::session
