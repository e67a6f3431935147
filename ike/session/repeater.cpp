// SPDX-License-Identifier: Apache-2.0
#include "ike/session/repeater.hpp"

#include <utility>

namespace ike::session {

using wire::ExchangeType;

namespace {

constexpr unsigned update_repeats = 3;  // by the path in use, about 1.4 s

}  // namespace

void Repeater::check_path(Instant now) {
    if (!may_check_path() || !parts_.lasting.check.may_begin(now)) {
        return;
    }
    parts_.lasting.check.begin(now, parts_.round_trip.late(), !parts_.lasting.peer.resumed());
    IkeSa& sa = parts_.ike_sas.in_use();
    if (sa.window.waiting()) {
        // A path that only swallows what is large is not dead.
        parts_.lasting.fragment_sizes.on_silence(parts_.paths.current(), sa.window.request());
        requester_.send(sa, parts_.paths.current(), Transmit::Purpose::exchange, now);
    } else {
        requester_.begin(sa, requester_.liveness(true), now);
    }
}

void Repeater::check_after_resume(Instant now) {
    if (parts_.lasting.peer.resumed() && !parts_.lasting.output.on_hold()) {
        parts_.lasting.peer.begin_patience(now);
        check_path(now);
    }
}

bool Repeater::may_check_path() const {
    return !parts_.lasting.output.on_hold() && !parts_.closing && !parts_.paths.can_go_back();
}

/// Whether the path was left.
bool Repeater::check_due(Instant now) {
    IkeSa& sa = parts_.ike_sas.in_use();
    const auto step =
        parts_.lasting.check.on_timer(now, parts_.round_trip.patience(), sa.window.waiting());
    if (const auto* dead = std::get_if<PathCheck::FailOver>(&step)) {
        requester_.apply(parts_.paths.fail_over(dead->to, dead->asked), now);
        return true;
    }
    if (const auto* repeat = std::get_if<PathCheck::Repeat>(&step)) {
        requester_.send(sa, repeat->ask_standbys ? parts_.paths.current() : parts_.paths.requests(),
                        Transmit::Purpose::exchange, now);
        if (repeat->ask_standbys) {
            ask_standbys(now);
        }
    }
    return false;
}

/// An update counts for nothing once it has left by two paths. So on a slow path its
/// answer is waited for, or telling would never end. An update makes the gateway move to wherever
/// it comes from first, and a first packet by a new path is easily lost.
void Repeater::ask_standbys(Instant now) {
    IkeSa& sa = parts_.ike_sas.in_use();
    const bool update = sa.is_in_flight<UpdateAddresses>();
    const bool tells = update || sa.is_in_flight<AnnounceAddresses>();
    const bool early = (tells && parts_.round_trip.may_be_answered_yet(now)) ||
                       (update && sa.window.transmissions() < update_repeats);
    if (!parts_.paths.supported() || early) {
        return;
    }
    for (const AddressPair& pair : parts_.lasting.check.standbys()) {
        if (const Path path = parts_.paths.path_to(pair); !same_way(path, parts_.paths.current())) {
            requester_.outdate(sa);  // the gateway may take the addresses of any of them from it
            requester_.send(sa, path, Transmit::Purpose::exchange, now);
        }
    }
}

void Repeater::retransmit_due(Instant now) {
    for (auto sa = parts_.ike_sas.all().begin(); sa != parts_.ike_sas.all().end();) {
        IkeSa& each = *sa++;  // it may be dropped below
        if (!each.window.deadline() || now < *each.window.deadline() || retransmit(each, now)) {
            continue;
        }
        if (parts_.ike_sas.is_in_use(each) && !parts_.ike_sas.successor()) {
            parts_.finish({Reason::gateway_unreachable,
                           "no answer from " + parts_.paths.current().remote.text()});
            return;
        }
        if (parts_.ike_sas.is_in_use(each)) {
            requester_.use_successor(
                now);  // both rekeyed, and the gateway has left the old one behind
        }
        requester_.on_lost(parts_.ike_sas.drop(each));
    }
    const ExchangeWindow& window = parts_.ike_sas.in_use().window;
    const bool silence = window.waiting() && PeerLiveness::is_silence(window.transmissions());
    if (parts_.ike_sas.successor() && silence &&
        !parts_.ike_sas.successor()->sa->window.waiting()) {
        // Has the gateway given up the old one? Then it answers here, and route() goes over.
        requester_.begin(*parts_.ike_sas.successor()->sa,
                         {ExchangeType::informational, {}, Liveness{}}, now);
    }
    if (parts_.paths.can_go_back() && silence) {
        requester_.apply(parts_.paths.go_back(""), now);
    }
}

/// False: it has left as often as it may.
bool Repeater::retransmit(IkeSa& sa, Instant now) {
    if (sa.window.transmissions() >= parts_.lasting.config.retransmission.tries) {
        return false;
    }
    if (sa.window.transmissions() == FragmentSizes::patience) {
        parts_.lasting.fragment_sizes.on_silence(parts_.paths.requests(), sa.window.request());
    }
    sa.window.repeat(now, parts_.lasting.config.retransmission, parts_.lasting.env.random);
    // An IKE SA that is being left may be gone at the gateway, which says nothing of the one in
    // use. Neither does a path under test: GatewaySilent is of the path in use.
    const bool in_use = parts_.ike_sas.is_in_use(sa);
    if (in_use && !parts_.paths.is_tested() &&
        PeerLiveness::is_silence(sa.window.transmissions()) && parts_.lasting.peer.on_silence()) {
        parts_.lasting.output.emit(GatewaySilent{true});
    }
    requester_.send(sa, parts_.paths.requests(), purpose_of(sa), now);
    if (in_use && parts_.lasting.check.on_retransmission(
                      now, parts_.lasting.config.retransmission.first, may_check_path())) {
        ask_standbys(now);
    }
    return true;
}

}  // namespace ike::session
