// SPDX-License-Identifier: Apache-2.0
#include "ike/base/overloaded.hpp"
#include "ike/session/core.hpp"

#include <algorithm>
#include <iterator>

namespace ike::session {

using wire::NotifyPayload;

namespace {

/// Those of `ours` that have a counterpart of their family; all, if none has.
std::vector<wire::TrafficSelector> facing(const std::vector<wire::TrafficSelector>& theirs,
                                          const std::vector<wire::TrafficSelector>& ours) {
    std::vector<wire::TrafficSelector> matching;
    std::ranges::copy_if(ours, std::back_inserter(matching), [&](const auto& our) {
        return std::ranges::any_of(
            theirs, [&](const auto& their) { return their.first.family() == our.first.family(); });
    });
    return matching.empty() ? ours : matching;
}

}  // namespace

/// Our side of every policy is the virtual addresses; without, the address that we have.
std::vector<PolicySlot> Session::Core::slots_for(
    const IkeAuth::Authenticated& authenticated) const {
    std::vector<wire::TrafficSelector> local;
    for (const Prefix& address : authenticated.config.addresses) {
        local.push_back(wire::TrafficSelector::from(address));
    }
    if (local.empty()) {
        const auto* made = std::get_if<CreateChild::Made>(&authenticated.child);
        local = made != nullptr ? made->terms.local_selectors
                                : offered_local_selectors(config_, mobike_.current.local.address);
    }
    std::vector<PolicySlot> slots;
    for (const ChildPolicy& policy : config_.policies) {
        slots.push_back({.local_selectors = facing(policy.remote_selectors, local),
                         .remote_selectors = policy.remote_selectors});
    }
    return slots;
}

void Session::Core::initiate(Instant now) {
    closing_.reset();
    ike_sas_.clear();
    ike_ = nullptr;
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
    ike_sas_.push_back(std::move(won.sa));
    ike_ = &ike_sas_.back();
    heard(now);
    count_received(won.payloads);
    if (auto* without = std::get_if<IkeAuth::WithoutChild>(&won.result)) {
        begin_delete_ike(*ike_, now);
        finish(std::move(without->failure));
        return;
    }
    establish(*ike_, std::get<IkeAuth::Authenticated>(std::move(won.result)), now);
    take_gateway_addresses(won.payloads, mobike_.current.remote.address);
    pump(now);
}

void Session::Core::establish(IkeSa& sa, IkeAuth::Authenticated authenticated, Instant now) {
    phase_ = Phase::established;
    mapping_.met_none();
    mobike_.supported = authenticated.mobike;
    routability_.passed(mobike_.current.remote.address);  // its AUTH signs our IKE_SA_INIT
    ike_rekey_at_ = now + before(config_.ike_lifetime);
    renewal_ = Renewal(now);
    if (authenticated.auth_lifetime) {
        renewal_.authentication_lasts(*authenticated.auth_lifetime, now);
    }
    slots_ = slots_for(authenticated);
    additional_.set_inside(authenticated.config);
    output_.emit(Connected{.spis = sa.spis,
                           .path = mobike_.current,
                           .nat = mobike_.nat,
                           .mobike = authenticated.mobike,
                           .gateway_identity = std::move(authenticated.gateway_identity),
                           .config = std::move(authenticated.config)});
    if (auto* made = std::get_if<CreateChild::Made>(&authenticated.child)) {
        install(std::move(*made), std::nullopt, now);
    } else {
        refuse_policy(0, std::get<NotifyPayload>(authenticated.child), now);
    }
    if (better_) {
        const AddressPair better = *std::exchange(better_, std::nullopt);
        move(better, MoveKind::preferred, now);
    }
}

}  // namespace ike::session
