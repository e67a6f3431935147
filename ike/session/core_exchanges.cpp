// SPDX-License-Identifier: Apache-2.0
#include "ike/base/expects.hpp"
#include "ike/base/overloaded.hpp"
#include "ike/session/core.hpp"
#include "ike/session/notify_reason.hpp"

#include <algorithm>

namespace ike::session {

using wire::ExchangeType;
using wire::NotifyPayload;
using wire::NotifyType;

namespace {

// What left by the old Child SA before the switch must be with the gateway before the Delete is.
constexpr Duration drain_time = 500ms;
constexpr Duration retry_temporary = 2s;  // RFC 7296 2.25: not at once, while the peer does its own
constexpr Duration retry_refused = 30s;   // a refusal may be a passing state of the gateway
constexpr unsigned max_refusals = 10;     // then the two sides don't understand each other

}  // namespace

/// After every input: what should be said to the gateway and has not been, if nothing is in flight.
void Session::Core::pump(Instant now) {
    if (phase_ == Phase::established && !holding_ && !ike_->window.waiting()) {
        begin_next(now);
    }
}

void Session::Core::begin_next(Instant now) {
    if (reauthenticate_at_ && now >= *reauthenticate_at_ && !close_at_) {
        closing_ = {Reason::reauthentication_due, "the gateway's AUTH_LIFETIME is over"};
        close_at_ = now + 2s;
    }
    if (close_at_) {
        if (ike_successor_ && !ike_successor_->sa->window.waiting()) {
            begin_delete_ike(*ike_successor_->sa, now);  // the gateway may have that one only
        }
        begin_delete_ike(*ike_, now);
        return;
    }
    if (mobike_.candidate) {  // roaming overtakes everything
        begin(*ike_, ExchangeType::informational, {}, TestPath{}, now);
        return;
    }
    if (mobike_.pending_update) {
        begin_update(now);
        return;
    }
    // RFC 7296 2.25.2: an IKE SA that the gateway has rekeyed makes and closes no Child SA.
    if (!ike_successor_ && begin_child_care(now)) {
        return;
    }
    if (config_.liveness > Duration::zero() && now >= last_heard_ + config_.liveness) {
        begin(*ike_, ExchangeType::informational, {}, Liveness{}, now);
    }
}

bool Session::Core::begin_child_care(Instant now) {
    const auto unwanted = std::find_if(
        children_.begin(), children_.end(),
        [now](const Child& child) { return child.delete_wanted && now >= child.delete_from; });
    if (unwanted != children_.end()) {
        begin_delete_child(*unwanted, now);
        return true;
    }
    return now >= retry_at_ && begin_rekey(now);
}

bool Session::Core::begin_rekey(Instant now) {
    if (children_.empty()) {
        begin_create_child(nullptr, std::nullopt, now);
        return true;
    }
    if (now >= ike_rekey_at_) {
        begin_rekey_ike(std::nullopt, now);
        return true;
    }
    for (const Child& child : children_) {
        if (now >= child.rekey_at && may_rekey(child)) {
            begin_create_child(&child, std::nullopt, now);
            return true;
        }
    }
    return false;
}

/// One that a rekey of the gateway's made has to wait until the gateway has deleted the old one:
/// before, it may not have our answer and know nothing of it.
bool Session::Core::may_rekey(const Child& child) const {
    const auto waits = [&child](const Child& old) {
        return old.replaced_by == child.terms.inbound && !old.delete_wanted && !old.deleting;
    };
    return !child.replaced_by && !child.delete_wanted &&
           std::none_of(children_.begin(), children_.end(), waits);
}

void Session::Core::rekey_child(ChildSpi inbound, Instant now) {
    if (Child* child = children_.by_inbound(inbound)) {
        child->rekey_at = now;
        pump(now);
    }
}

void Session::Core::rekey_ike(Instant now) {
    ike_rekey_at_ = now;
    pump(now);
}

void Session::Core::begin(IkeSa& sa, ExchangeType type, const Payloads& payloads,
                          InFlight in_flight, Instant now) {
    const wire::Header header{.initiator_spi = sa.spis.initiator,
                              .responder_spi = sa.spis.responder,
                              .exchange = type,
                              .from_original_initiator = sa.we_initiated,
                              .message_id = sa.window.next_request()};
    const bool update = std::holds_alternative<UpdateAddresses>(in_flight);
    sa.in_flight = std::move(in_flight);
    sa.window.begin(sa.messages.seal(header, payloads, env_.random), now, config_.retransmission,
                    env_.random);
    transmit(mobike_.requests(), sa.window.request(),
             update ? Transmit::Purpose::update_sa_addresses : Transmit::Purpose::exchange, now);
}

void Session::Core::begin_delete_ike(IkeSa& sa, Instant now) {
    begin(sa, ExchangeType::informational, {wire::DeletePayload{wire::ProtocolId::ike, {}}},
          DeleteIke{}, now);
}

void Session::Core::begin_delete_child(Child& child, Instant now) {
    child.delete_wanted = false;
    child.deleting = true;
    begin(*ike_, ExchangeType::informational,
          {wire::DeletePayload{wire::ProtocolId::esp, {child.terms.inbound}}},
          DeleteChild{child.terms.inbound}, now);
}

void Session::Core::begin_create_child(const Child* old, std::optional<crypto::GroupId> group,
                                       Instant now) {
    const ChildTerms& terms = old != nullptr ? old->terms : *last_terms_;
    CreateChild::Wanted wanted{
        .old = old != nullptr ? std::optional(old->terms.inbound) : std::nullopt,
        .inbound = env_.allocate_spi(),
        .local_selectors = terms.local_selectors,
        .remote_selectors = terms.remote_selectors};
    auto exchange = CreateChild::make(config_, env_.random, std::move(wanted), group);
    if (!exchange) {
        finish({Reason::crypto_failure, std::string(crypto::name(exchange.error()))});
        return;
    }
    child_rival_.reset();
    const Payloads payloads = exchange->request();
    begin(*ike_, ExchangeType::create_child_sa, payloads, *std::move(exchange), now);
}

void Session::Core::on_response(IkeSa& sa, std::span<const wire::Payload> payloads,
                                const Path& path, Instant now) {
    const InFlight answered = std::exchange(sa.in_flight, std::monostate{});
    sa.window.end();
    release_answer_soon(sa, now);
    take_if_proved(path);
    std::visit(
        Overloaded{
            [](const std::monostate&) {},
            [&](const IkeAuth& exchange) { on_auth_response(sa, exchange, payloads, now); },
            [&](const CreateChild& exchange) { on_child_response(exchange, sa, payloads, now); },
            [&](const RekeyIke& exchange) { on_rekey_response(exchange, sa, payloads, now); },
            [&](const DeleteChild& deletion) { remove_child(deletion.inbound); },
            [&](const DeleteIke&) {
                if (&sa == ike_) {
                    finish(closing_);
                } else {
                    drop_ike_sa(sa);
                }
            },
            [](const Liveness&) {}, [&](const TestPath&) { on_path_test_response(now); },
            [&](const UpdateAddresses& update) { on_update_response(update, payloads, now); }},
        answered);
}

void Session::Core::on_child_response(const CreateChild& exchange, IkeSa& sa,
                                      std::span<const wire::Payload> payloads, Instant now) {
    auto outcome = exchange.on_response(payloads, {sa.prf, sa.sk_d.view()});
    std::visit(
        Overloaded{
            [&](CreateChild::Made& made) { on_child_made(exchange, std::move(made), now); },
            [&](const CreateChild::OtherGroup& other) {
                const auto old = exchange.wanted().old;
                const Child* child = old ? children_.by_inbound(*old) : nullptr;
                // The gateway may have replaced or deleted it meanwhile.
                if (&sa == ike_ && (!old || (child != nullptr && !child->replaced_by))) {
                    begin_create_child(child, other.group, now);
                }
            },
            [&](const CreateChild::Refused& refused) {
                on_child_refused(exchange, refused.notify, now);
            },
            [&](const CreateChild::Broken& broken) {
                finish({Reason::protocol_error, "CREATE_CHILD_SA: the gateway sent " + broken.why});
            }},
        outcome);
}

void Session::Core::on_child_made(const CreateChild& exchange, CreateChild::Made made,
                                  Instant now) {
    refusals_ = 0;
    const auto rival = std::exchange(child_rival_, std::nullopt);
    const ChildSpi inbound = made.terms.inbound;
    // RFC 7296 2.8.1: of two new Child SAs the one with the lowest nonce is closed by who made it.
    const bool redundant = rival && made.lowest_nonce < rival->lowest_nonce;
    const auto old = exchange.wanted().old;
    const bool old_lives = old && children_.by_inbound(*old) != nullptr;
    // The gateway may have deleted the old one already; then its own new one is in its place.
    install(std::move(made),
            old_lives   ? old
            : redundant ? std::optional(rival->inbound)
                        : std::nullopt,
            now);
    if (redundant) {
        children_.by_inbound(inbound)->delete_wanted = true;
        return;
    }
    switch_to(inbound);
    if (Child* child = old ? children_.by_inbound(*old) : nullptr) {
        child->replaced_by = inbound;
        child->delete_wanted = true;
        child->delete_from = now + drain_time;
    }
    if (Child* loser = rival ? children_.by_inbound(rival->inbound) : nullptr) {
        loser->tried = true;  // the gateway deletes it, but may send by it until then
    }
}

void Session::Core::on_child_refused(const CreateChild& exchange, const NotifyPayload& notify,
                                     Instant now) {
    child_rival_.reset();
    if (notify.type == NotifyType::child_sa_not_found && exchange.wanted().old) {
        // RFC 7296 2.25: silently forgotten; a new one is made from scratch by the next pump().
        const Child* child = children_.by_inbound(*exchange.wanted().old);
        if (child != nullptr && !child->replaced_by) {
            remove_child(*exchange.wanted().old);
        }
        return;
    }
    on_rekey_refused(notify, now);
}

void Session::Core::on_rekey_refused(const NotifyPayload& notify, Instant now) {
    const bool temporary = notify.type == NotifyType::temporary_failure;
    env_.log.info("rekey refused", {{"notify", wire::name(notify.type)}});
    if (++refusals_ >= max_refusals * (temporary ? 10 : 1)) {
        closing_ = failure_of(notify);
        close_at_ = now + 2s;
        return;
    }
    // Varied, or two sides that refuse each other would do so in step for ever.
    const Duration wait = temporary ? retry_temporary : retry_refused;
    retry_at_ = now + wait + before(wait);
}

Child& Session::Core::install(CreateChild::Made made, std::optional<ChildSpi> old, Instant now) {
    made.sa.path = mobike_.current;
    made.sa.udp_encapsulated = udp_encapsulated();
    last_terms_ = made.terms;
    Child& child = children_.add({.terms = std::move(made.terms),
                                  .rekey_at = now + before(config_.child_lifetime),
                                  .tried = !old});
    if (old) {
        emit(ChildSaRekeyed{*old, std::move(made.sa)});
    } else {
        sending_ = child.terms.inbound;
        emit(ChildSaUp{std::move(made.sa)});
    }
    return child;
}

void Session::Core::switch_to(ChildSpi inbound) {
    Child* child = children_.by_inbound(inbound);
    if (child != nullptr && sending_ != inbound) {
        child->tried = true;
        sending_ = inbound;
        emit(ChildSaSwitched{inbound});
    }
}

void Session::Core::remove_child(ChildSpi inbound) {
    const Child* child = children_.by_inbound(inbound);
    if (child == nullptr) {
        return;
    }
    if (sending_ == inbound && child->replaced_by) {
        switch_to(*child->replaced_by);  // whoever deletes it sends by the new one already
    }
    children_.erase(inbound);
    if (sending_ == inbound && !children_.empty()) {
        switch_to(std::prev(children_.end())->terms.inbound);
    }
    emit(ChildSaDown{inbound});
}

}  // namespace ike::session
