// SPDX-License-Identifier: Apache-2.0
#include "ike/base/overloaded.hpp"
#include "ike/session/core.hpp"

#include <utility>

namespace ike::session {

void Session::Core::initiate(Instant now) {
    closing_.reset();
    ike_sas_.reset();
    output_.resume();
    phase_ = Phase::connecting;
    nat_t_ = false;
    Payloads announcement;
    if (config_.mobike) {
        announcement = additional_.take_first_payloads(addresses_.local);
    }
    const Path path{
        addresses_.interface, {addresses_.local, config_.ports.ike}, {addresses_.remote, ike_port}};
    attempt_.emplace(config_, env_, counters_, addresses_, claim_for(path),
                     std::move(announcement));
    attempt_->start(now);
    take_attempt(now);
}

/// What the attempt has to say, after each input to it.
void Session::Core::take_attempt(Instant now) {
    while (auto datagram = attempt_->poll_transmit()) {
        output_.send(datagram->path, std::move(datagram->datagram), datagram->purpose, now);
    }
    while (auto hint = attempt_->poll_hint()) {
        output_.emit(AttemptHint{*std::move(hint)});
    }
    if (attempt_->silent() && peer_.on_silence()) {
        output_.emit(GatewaySilent{true});
    }
    auto outcome = attempt_->take_outcome();
    if (!outcome) {
        return;
    }
    attempt_.reset();
    std::visit(Overloaded{[&](ConnectAttempt::Won& won) { take_won(std::move(won), now); },
                          [&](ConnectAttempt::NatInTheWay& nat) {
                              if (tries_again("IKE_AUTH")) {
                                  initiate(now);  // RFC 4555 3.9: from IKE_SA_INIT on
                              } else {
                                  finish(std::move(nat.failure));
                              }
                          },
                          [&](Failure& failure) { finish(std::move(failure)); }},
               *outcome);
}

void Session::Core::take_won(ConnectAttempt::Won won, Instant now) {
    nat_t_ = won.nat.has_value();
    mapping_.forget();
    mobike_ = Mobike{.current = won.path,
                     .esp_stays = std::nullopt,
                     .esp_waits_until = std::nullopt,
                     .candidate = std::nullopt,
                     .overtaking = std::nullopt,
                     .left = std::nullopt,
                     .nat = won.nat.value_or(NatVerdict{}),
                     .claims_nat = nat_t_ && claim_for(won.path) == ClaimNat::yes};
    round_trip_.record(won.round_trip);
    ike_sas_.emplace(config_, env_.random, std::move(won.sa));
    heard(now);
    count_received(won.payloads);
    if (auto* without = std::get_if<IkeAuth::WithoutChild>(&won.result)) {
        begin_delete_ike(ike(), now);
        finish(std::move(without->failure));
        return;
    }
    establish(std::get<IkeAuth::Authenticated>(std::move(won.result)), now);
    take_gateway_addresses(won.payloads, mobike_.current.remote.address);
    pump(now);
}

void Session::Core::establish(IkeAuth::Authenticated authenticated, Instant now) {
    phase_ = Phase::established;
    mapping_.met_none();
    mobike_.supported = authenticated.mobike;
    routability_.passed(mobike_.current.remote.address);  // its AUTH signs our IKE_SA_INIT
    ike_sas_->begin_lifetime(now);
    renewal_ = Renewal(now);
    if (authenticated.auth_lifetime) {
        renewal_.authentication_lasts(*authenticated.auth_lifetime, now);
    }
    children_.emplace(config_, env_, authenticated, mobike_.current.local.address);
    additional_.set_inside(authenticated.config);
    output_.emit(Connected{.spis = ike().spis,
                           .path = mobike_.current,
                           .nat = mobike_.nat,
                           .mobike = authenticated.mobike,
                           .gateway_identity = std::move(authenticated.gateway_identity),
                           .config = std::move(authenticated.config)});
    on_child_outcome(children_->on_connected(std::move(authenticated.child), esp_path(), now), now);
    if (better_) {
        const AddressPair better = *std::exchange(better_, std::nullopt);
        move(better, MoveKind::preferred, now);
    }
}

}  // namespace ike::session
