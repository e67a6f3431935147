// SPDX-License-Identifier: Apache-2.0
#include "ike/base/overloaded.hpp"
#include "ike/session/core.hpp"
#include "ike/session/nat.hpp"

namespace ike::session {

using wire::ExchangeType;
using wire::NotifyPayload;
using wire::NotifyType;

namespace {

// A gateway that keeps answering by another path than it was asked on can't be moved to that path.
constexpr unsigned max_strays = 3;

}  // namespace

Path Session::Core::path_to(const AddressPair& addresses) const {
    return {addresses.interface,
            {addresses.local, nat_t_ ? config_.ports.nat_t : config_.ports.ike},
            {addresses.remote, nat_t_ ? nat_t_port : ike_port}};
}

void Session::Core::move(const AddressPair& addresses, MoveKind kind, Instant now) {
    if (phase_ == Phase::idle || phase_ == Phase::closed) {
        return;
    }
    if (phase_ != Phase::established) {
        reconnect_by(addresses, kind, now);
        return;
    }
    addresses_ = addresses;
    const bool resumed = std::exchange(holding_, false);
    const Path path = path_to(addresses);
    if (path == mobike_.current && !resumed &&
        (kind == MoveKind::preferred || !mobike_.proving())) {
        return;  // there already, or on the way
    }
    if (!mobike_.supported && path != mobike_.current) {
        if (kind == MoveKind::forced) {
            finish({Reason::gateway_without_mobike, "the path changed to " + path.text()});
        }
        return;
    }
    // RFC 4555 3.5: the new addresses from now on; requests in flight go on over them first, and
    // the gateway is told as soon as the window allows.
    if (mobike_.supported && (path != mobike_.current || resumed)) {
        mobike_.change(path);
    }
    if (kind == MoveKind::forced && (mobike_.proving() || resumed)) {
        mobike_.data = path;
        emit(PathSwitched{path});
    }
    last_heard_ = std::max(last_heard_, now - config_.liveness);
    resend_outstanding(now);
    pump(now);
}

/// There is no IKE SA to move yet: a lost path starts over by the new one, a better one waits.
void Session::Core::reconnect_by(const AddressPair& addresses, MoveKind kind, Instant now) {
    if (kind == MoveKind::forced || holding_) {
        addresses_ = addresses;
        better_.reset();
        initiate(now);
    } else {
        better_ = addresses;
    }
}

void Session::Core::hold(Instant) {
    if (phase_ == Phase::idle || phase_ == Phase::closed) {
        return;
    }
    holding_ = true;
    better_.reset();
    init_window_.freeze();
    for (IkeSa& sa : ike_sas_) {
        sa.window.freeze();
    }
}

void Session::Core::resend_outstanding(Instant now) {
    for (IkeSa& sa : ike_sas_) {
        if (sa.window.waiting()) {
            sa.window.restart(now, config_.retransmission, env_.random);
            transmit(mobike_.current, sa.window.request(), Transmit::Purpose::exchange, now);
        }
    }
}

void Session::Core::begin_update(Instant now) {
    mobike_.pending_update = false;
    Payloads payloads{
        NotifyPayload{.type = NotifyType::update_sa_addresses, .data = {}, .spi = {}}};
    // RFC 4555 3.5: with the addresses this very request leaves by, to find NATs on the new path.
    const auto claim = config_.force_udp_encapsulation ? ClaimNat::yes : ClaimNat::no;
    for (wire::Payload& payload : nat_detection(ike_->spis, mobike_.current, claim)) {
        payloads.push_back(std::move(payload));
    }
    begin(*ike_, ExchangeType::informational, payloads, UpdateAddresses{mobike_.generation}, now);
}

void Session::Core::on_update_response(const UpdateAddresses& update,
                                       std::span<const wire::Payload> payloads, const Path& path,
                                       Instant now) {
    // RFC 4555 3.5: the addresses changed again since: this answer is stale, another update
    // follows.
    if (update.generation != mobike_.generation) {
        mobike_.pending_update = true;
        return;
    }
    if (const auto* error = wire::find_error(payloads)) {
        go_back(wire::name(error->type), now);
        return;
    }
    if (ike_successor_) {
        ike_successor_->updated = true;
    }
    // An answer proves only the path that it came in by.
    const bool proves = path.local.address == mobike_.current.local.address &&
                        path.interface == mobike_.current.interface;
    if (!proves && mobike_.proving()) {
        if (++mobike_.strays >= max_strays) {
            go_back("answered by another path", now);
        } else {
            mobike_.change(mobike_.current);
        }
        return;
    }
    mobike_.strays = 0;
    if (const auto verdict = nat_verdict(payloads, ike_->spis, mobike_.current)) {
        mobike_.nat = *verdict;
    }
    mobike_.data = mobike_.current;
    emit(PathConfirmed{mobike_.current, mobike_.nat});
}

/// The gateway can't be had by the new path. While the old one lives data still goes by it, so it
/// is the current one again, and the gateway hears so in case it did move.
void Session::Core::go_back(const std::string& why, Instant now) {
    emit(PathRefused{mobike_.current, why});
    mobike_.strays = 0;
    if (!mobike_.proving()) {
        return;  // forced: there is nothing to go back to
    }
    mobike_.change(mobike_.data);
    resend_outstanding(now);
}

}  // namespace ike::session
