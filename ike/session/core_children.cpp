// SPDX-License-Identifier: Apache-2.0
#include "ike/base/overloaded.hpp"
#include "ike/session/core.hpp"
#include "ike/session/values/notify_reason.hpp"

#include <algorithm>
#include <utility>

namespace ike::session {

using wire::ExchangeType;
using wire::NotifyPayload;
using wire::NotifyType;

namespace {

// What left by the old Child SA before the switch must be with the gateway before the Delete is.
constexpr Duration drain_time = 500ms;
// The gateway has no such Child SA for us; it may be told of one meanwhile.
constexpr Duration first_wait_for_refused = 30s;
constexpr Duration longest_wait_for_refused = 16min;

}  // namespace

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

bool Session::Core::begin_missing_child(Instant now) {
    for (std::size_t policy = 0; policy < slots_.size(); ++policy) {
        if (children_.count(policy) == 0 && now >= slots_[policy].retry_at) {
            begin_create_child(policy, nullptr, std::nullopt, now);
            return true;
        }
    }
    return false;
}

bool Session::Core::lacks_child() const {
    for (std::size_t policy = 0; policy < slots_.size(); ++policy) {
        if (children_.count(policy) == 0) {
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

void Session::Core::begin_delete_child(Child& child, Instant now) {
    child.delete_wanted = false;
    child.deleting = true;
    begin(*ike_, ExchangeType::informational,
          {wire::DeletePayload{wire::ProtocolId::esp, {child.terms.inbound}}},
          DeleteChild{child.terms.inbound}, now);
}

/// To rekey `old`, or to make one for a policy that has none.
void Session::Core::begin_create_child(std::size_t policy, const Child* old,
                                       std::optional<crypto::GroupId> group, Instant now) {
    const PolicySlot& slot = slots_[policy];
    CreateChild::Wanted wanted{
        .old = old != nullptr ? std::optional(old->terms.inbound) : std::nullopt,
        .inbound = env_.allocate_spi(),
        .policy = policy,
        .local_selectors = old != nullptr ? old->terms.local_selectors : slot.local_selectors,
        .remote_selectors = old != nullptr ? old->terms.remote_selectors : slot.remote_selectors};
    auto exchange = CreateChild::make(config_, env_.random, std::move(wanted), group);
    if (!exchange) {
        finish({Reason::crypto_failure, std::string(crypto::name(exchange.error()))});
        return;
    }
    child_rival_.reset();
    const Payloads payloads = exchange->request();
    begin(*ike_, ExchangeType::create_child_sa, payloads, *std::move(exchange), now);
}

void Session::Core::on_child_response(const CreateChild& exchange, IkeSa& sa,
                                      std::span<const wire::Payload> payloads, Instant now) {
    auto outcome = exchange.on_response(payloads, {sa.prf, sa.sk_d.view()});
    std::visit(
        Overloaded{[&](CreateChild::Made& made) { on_child_made(exchange, std::move(made), now); },
                   [&](const CreateChild::OtherGroup& other) {
                       const auto old = exchange.wanted().old;
                       const Child* child = old ? children_.by_inbound(*old) : nullptr;
                       // The gateway may have replaced or deleted it meanwhile.
                       if (&sa == ike_ && !closing_ &&
                           (!old || (child != nullptr && !child->replaced_by))) {
                           begin_create_child(exchange.wanted().policy, child, other.group, now);
                       }
                   },
                   [&](const CreateChild::Refused& refused) {
                       on_child_refused(exchange, refused.notify, now);
                   },
                   [&](const CreateChild::Broken& broken) {
                       begin_closing({Reason::protocol_error,
                                      "CREATE_CHILD_SA: the gateway sent " + broken.why},
                                     now);
                   }},
        outcome);
}

void Session::Core::on_child_made(const CreateChild& exchange, CreateChild::Made made,
                                  Instant now) {
    on_rekey_granted();
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
    if (!exchange.wanted().old && (!children_.empty() || slots_.size() > 1) &&
        notify.type != NotifyType::temporary_failure) {
        refuse_policy(exchange.wanted().policy, notify, now);
    } else {
        on_rekey_refused(notify, now);
    }
}

/// That is no reason to give up those that the gateway did make.
void Session::Core::refuse_policy(std::size_t policy, const NotifyPayload& notify, Instant now) {
    PolicySlot& slot = slots_[policy];
    slot.retry_wait =
        std::clamp<Duration>(slot.retry_wait * 2, first_wait_for_refused, longest_wait_for_refused);
    slot.retry_at = now + slot.retry_wait + before(slot.retry_wait);
    output_.emit(ChildSaRefused{policy, wire::name(notify.type)});
    const bool all_refused =
        std::ranges::all_of(slots_, [now](const PolicySlot& each) { return each.retry_at > now; });
    if (children_.empty() && all_refused) {
        begin_closing(failure_of(notify), now);
    }
}

Child& Session::Core::install(CreateChild::Made made, std::optional<ChildSpi> old, Instant now) {
    made.sa.path = mobike_.esp();
    made.sa.udp_encapsulated = udp_encapsulated();
    PolicySlot& slot = slots_[made.terms.policy];
    slot.local_selectors = made.terms.local_selectors;
    slot.remote_selectors = made.terms.remote_selectors;
    slot.retry_wait = {};
    Child& child = children_.add({.terms = std::move(made.terms),
                                  .rekey_at = now + before(config_.child_lifetime),
                                  .tried = !old});
    if (old) {
        output_.emit(ChildSaRekeyed{*old, std::move(made.sa)});
    } else {
        slot.sending = child.terms.inbound;
        output_.emit(ChildSaUp{std::move(made.sa)});
    }
    return child;
}

void Session::Core::switch_to(ChildSpi inbound) {
    Child* child = children_.by_inbound(inbound);
    if (child != nullptr && slots_[child->terms.policy].sending != inbound) {
        child->tried = true;
        slots_[child->terms.policy].sending = inbound;
        output_.emit(ChildSaSwitched{inbound});
    }
}

void Session::Core::remove_child(ChildSpi inbound) {
    const Child* child = children_.by_inbound(inbound);
    if (child == nullptr) {
        return;
    }
    const std::size_t policy = child->terms.policy;
    std::optional<ChildSpi>& sending = slots_[policy].sending;
    if (sending == inbound && child->replaced_by) {
        switch_to(*child->replaced_by);  // whoever deletes it sends by the new one already
    }
    children_.erase(inbound);
    for (Child& other : children_) {  // what it was to replace goes on
        if (other.replaced_by == inbound && !other.delete_wanted && !other.deleting) {
            other.replaced_by.reset();
        }
    }
    if (const Child* other = children_.newest(policy); sending == inbound && other != nullptr) {
        switch_to(other->terms.inbound);
    }
    output_.emit(ChildSaDown{inbound});
}

}  // namespace ike::session
