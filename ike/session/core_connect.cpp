// SPDX-License-Identifier: Apache-2.0
#include "ike/base/overloaded.hpp"
#include "ike/session/core.hpp"

#include <algorithm>
#include <iterator>

namespace ike::session {

using wire::ExchangeType;
using wire::NotifyPayload;
using wire::NotifyType;

namespace {

constexpr Duration refusal_patience = 1s;  // a retransmission and its answer fit in

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

/// Our side of every policy is the virtual addresses; without, what the first Child SA got.
std::vector<PolicySlot> slots_for(const SessionConfig& config,
                                  const IkeAuth::Authenticated& authenticated) {
    std::vector<wire::TrafficSelector> local;
    for (const Prefix& address : authenticated.config.addresses) {
        local.push_back(wire::TrafficSelector::from(address));
    }
    if (local.empty()) {
        local = authenticated.child.terms.local_selectors;
    }
    std::vector<PolicySlot> slots;
    for (const ChildPolicy& policy : config.policies) {
        slots.push_back({.local_selectors = facing(policy.remote_selectors, local),
                         .remote_selectors = policy.remote_selectors});
    }
    return slots;
}

}  // namespace

void Session::Core::initiate(Instant now) {
    close_at_.reset();
    ike_sas_.clear();
    ike_ = nullptr;
    holding_ = false;
    phase_ = Phase::initiating;
    const Path path{
        addresses_.interface, {addresses_.local, config_.ports.ike}, {addresses_.remote, ike_port}};
    auto init = IkeSaInit::make(config_, env_.random, path, claim_for(path));
    if (!init) {
        finish(init.error());
        return;
    }
    init_.emplace(*std::move(init));
    init_window_ = ExchangeWindow();
    init_window_.begin(init_->request(), now, config_.retransmission, env_.random);
    transmit(path, init_->request(), Transmit::Purpose::exchange, now);
}

void Session::Core::on_init_response(ByteView datagram, const Path& path, Instant now) {
    auto outcome = init_->on_response(datagram, path);
    std::visit(Overloaded{[](const IkeSaInit::Ignored&) {},
                          [&](const IkeSaInit::Again&) {
                              // RFC 7296 2.6, 2.7: the same exchange with Message ID 0 again.
                              init_window_ = ExchangeWindow();
                              init_window_.begin(init_->request(), now, config_.retransmission,
                                                 env_.random);
                              transmit(init_->path(), init_->request(), Transmit::Purpose::exchange,
                                       now);
                          },
                          [&](IkeSaInit::Agreed& agreed) { authenticate(std::move(agreed), now); },
                          [&](Failure& failure) { doubt(std::move(failure), now); }},
               outcome);
}

/// RFC 7296 2.21.1: anybody may have sent this, so the true answer has a while yet to come in.
void Session::Core::doubt(Failure failure, Instant now) {
    if (!close_at_) {
        closing_ = std::move(failure);
        close_at_ = now + refusal_patience;
    }
}

void Session::Core::authenticate(IkeSaInit::Agreed agreed, Instant now) {
    auto messages = SealedMessages::make(agreed.suite.cipher, agreed.keys, true);
    if (!messages) {
        finish({Reason::crypto_failure, std::string(crypto::name(messages.error()))});
        return;
    }
    auto exchange = IkeAuth::make(config_, agreed, env_.allocate_spi());
    if (!exchange) {
        finish(exchange.error());
        return;
    }
    // RFC 4555 3.3: with NAT traversal on both sides port 4500 from here on, NAT or no NAT.
    nat_t_ = agreed.nat.has_value();
    mapping_.reset();
    mobike_ = Mobike{.current = path_to(addresses_),
                     .esp_stays = std::nullopt,
                     .esp_waits_until = std::nullopt,
                     .candidate = std::nullopt,
                     .overtaking = std::nullopt,
                     .left = std::nullopt,
                     .nat = agreed.nat.value_or(NatVerdict{}),
                     .claims_nat = nat_t_ && init_->claim() == ClaimNat::yes};
    phase_ = Phase::authenticating;
    close_at_.reset();
    init_.reset();
    ike_sas_.push_back({.spis = agreed.spis,
                        .we_initiated = true,
                        .prf = agreed.suite.prf,
                        .sk_d = std::move(agreed.keys.sk_d),
                        .messages = *std::move(messages),
                        .window = ExchangeWindow(MessageId{1}),
                        .in_flight = {}});
    ike_ = &ike_sas_.back();
    Payloads payloads = exchange->request();
    if (config_.mobike) {
        pending_announcement_ = false;
        std::ranges::move(first_address_payloads(), std::back_inserter(payloads));
    }
    forbid_nat(payloads);
    begin(*ike_, ExchangeType::ike_auth, std::move(payloads), *std::move(exchange), now);
}

void Session::Core::on_auth_response(IkeSa& sa, const IkeAuth& exchange,
                                     std::span<const wire::Payload> payloads, Instant now) {
    auto outcome = exchange.on_response(payloads, {sa.prf, sa.sk_d.view()});
    std::visit(
        Overloaded{[&](IkeAuth::Authenticated& authenticated) {
                       count_received(payloads);
                       establish(sa, std::move(authenticated), now);
                       take_gateway_addresses(payloads, mobike_.current.remote.address);
                   },
                   [&](const IkeAuth::WithoutChild& without) {
                       begin_delete_ike(sa, now);
                       finish(without.failure);
                   },
                   [&](const IkeAuth::Untrusted& untrusted) {
                       tell_untrusted(sa, untrusted.failure, now);
                   },
                   [&](const Failure& failure) {
                       if (failure.reason == Reason::unexpected_nat && tries_again("IKE_AUTH")) {
                           initiate(now);  // RFC 4555 3.9: from IKE_SA_INIT on
                       } else {
                           finish(failure);
                       }
                   }},
        outcome);
}

void Session::Core::establish(IkeSa& sa, IkeAuth::Authenticated authenticated, Instant now) {
    phase_ = Phase::established;
    nats_met_ = 0;
    mobike_.supported = authenticated.mobike;
    routability_.passed(mobike_.current.remote.address);  // its AUTH signs our IKE_SA_INIT
    ike_rekey_at_ = now + before(config_.ike_lifetime);
    renewal_ = Renewal(now);
    if (authenticated.auth_lifetime) {
        renewal_.authentication_lasts(*authenticated.auth_lifetime, now);
    }
    slots_ = slots_for(config_, authenticated);
    note_inside(authenticated.config);
    emit(Connected{.spis = sa.spis,
                   .path = mobike_.current,
                   .nat = mobike_.nat,
                   .mobike = authenticated.mobike,
                   .gateway_identity = std::move(authenticated.gateway_identity),
                   .config = std::move(authenticated.config)});
    install(std::move(authenticated.child), std::nullopt, now);
    if (better_) {
        const AddressPair better = *std::exchange(better_, std::nullopt);
        move(better, MoveKind::preferred, now);
    }
}

/// RFC 7296 2.21.2: the gateway believes to have an IKE SA, so it is told, once and without
/// waiting.
void Session::Core::tell_untrusted(IkeSa& sa, const Failure& failure, Instant now) {
    begin(sa, ExchangeType::informational,
          {NotifyPayload{.type = NotifyType::authentication_failed, .data = {}, .spi = {}}},
          DeleteIke{}, now);
    finish(failure);
}

}  // namespace ike::session
