// SPDX-License-Identifier: Apache-2.0
#include "ike/session/sa/child_sas.hpp"

#include "ike/base/deadline.hpp"
#include "ike/base/overloaded.hpp"
#include "ike/session/sa/jittered.hpp"
#include "ike/session/values/notify_reason.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ike::session {

using wire::ExchangeType;
using wire::NotifyPayload;
using wire::NotifyType;

using namespace std::chrono_literals;

namespace {

// Packets that left by the old Child SA before the switch arrive before the Delete does.
constexpr Duration drain_time = 500ms;
// The gateway has no such Child SA for us; it may be told of one meanwhile.
constexpr Duration first_wait_for_refused = 30s;
constexpr Duration longest_wait_for_refused = 16min;
// Of a policy: as many Child SAs as a rekey by both sides at once makes, and one being deleted.
constexpr std::size_t max_children = 4;

NotifyPayload temporary_failure() {
    return {.type = NotifyType::temporary_failure, .data = {}, .spi = {}};
}

}  // namespace

ChildSas::ChildSas(const SessionConfig& config, const Environment& env,
                   const IkeAuth::Authenticated& authenticated, const IpAddress& own)
    : config_(config),
      env_(env),
      own_side_(config, own),
      slots_(policy_slots(config, authenticated, own)) {}

ChildSas::Outcome ChildSas::on_connected(std::variant<CreateChild::Made, NotifyPayload> first,
                                         const EspPath& esp, Instant now) {
    if (const auto* refused = std::get_if<NotifyPayload>(&first)) {
        return refuse_policy(0, *refused, now);
    }
    Outcome outcome;
    install(std::get<CreateChild::Made>(std::move(first)), std::nullopt, esp, now, outcome.events);
    return outcome;
}

std::optional<Request> ChildSas::next_deletion(Instant now) {
    Child* const child = children_.deletable(now);
    if (child == nullptr) {
        return std::nullopt;
    }
    child->delete_wanted = false;
    child->deleting = true;
    const ChildSpi inbound = child->terms.inbound;
    return Request{ExchangeType::informational,
                   {wire::DeletePayload{wire::ProtocolId::esp, {inbound}}},
                   DeleteChild{inbound}};
}

std::optional<Instant> ChildSas::creation_due() const {
    std::optional<Instant> due;
    for (std::size_t policy = 0; policy < slots_.size(); ++policy) {
        if (own_side_.lacks_child(children_, policy)) {
            due = earlier(due, slots_[policy].retry_at);
        }
    }
    return due;
}

ChildSas::Next ChildSas::next_creation(Instant now, const KeySource& source) {
    for (std::size_t policy = 0; policy < slots_.size(); ++policy) {
        if (own_side_.lacks_child(children_, policy) && now >= slots_[policy].retry_at) {
            return create(policy, nullptr, source, std::nullopt);
        }
    }
    return Next(std::nullopt);
}

std::optional<Instant> ChildSas::rekey_due() const {
    std::optional<Instant> due;
    for (const Child& child : children_) {
        if (may_rekey(child)) {
            due = earlier(due, child.rekey_at);
        }
    }
    return due;
}

ChildSas::Next ChildSas::next_rekey(Instant now, const KeySource& source) {
    for (const Child& child : children_) {
        if (now >= child.rekey_at && may_rekey(child)) {
            return create(child.terms.policy, &child, source, std::nullopt);
        }
    }
    return Next(std::nullopt);
}

/// One that a rekey of the gateway's made has to wait until the gateway has deleted the old one:
/// before, it may not have our answer and know nothing of it.
bool ChildSas::may_rekey(const Child& child) const {
    const auto waits = [&child](const Child& old) {
        return old.replaced_by == child.terms.inbound && !old.leaves();
    };
    return !child.replaced_by && !child.delete_wanted &&
           std::none_of(children_.begin(), children_.end(), waits);
}

/// To rekey `old`, or to make one for a policy that has none.
ChildSas::Next ChildSas::create(std::size_t policy, const Child* old, const KeySource& source,
                                std::optional<crypto::GroupId> group) {
    PolicySelectors selectors =
        old != nullptr ? PolicySelectors{old->terms.local_selectors, old->terms.remote_selectors}
                       : own_side_.offer(slots_[policy], policy);
    CreateChild::Wanted wanted{
        .old = old != nullptr ? std::optional(old->terms.inbound) : std::nullopt,
        .inbound = env_.allocate_spi(),
        .policy = policy,
        .local_selectors = std::move(selectors.local),
        .remote_selectors = std::move(selectors.remote)};
    auto exchange = CreateChild::make(config_, env_.random, source, std::move(wanted), group);
    if (!exchange) {
        return Fail{exchange.error()};
    }
    colliding_.reset();
    auto payloads = exchange->request();
    return Next(Request{ExchangeType::create_child_sa, std::move(payloads), *std::move(exchange)});
}

ChildSas::Outcome ChildSas::on_response(const CreateChild& exchange,
                                        std::span<const wire::Payload> payloads,
                                        const KeySource& source, const EspPath& esp,
                                        bool may_ask_again, Instant now) {
    auto answer = exchange.on_response(payloads, source);
    return std::visit(
        Overloaded{
            [&](CreateChild::Made& made) {
                Outcome outcome{.events = {}, .next = Outcome::Granted{}};
                on_made(exchange, std::move(made), esp, now, outcome.events);
                return outcome;
            },
            [&](const CreateChild::OtherGroup& other) {
                const auto old = exchange.wanted().old;
                const Child* child = old ? children_.by_inbound(*old) : nullptr;
                Outcome outcome;
                // The gateway may have replaced or deleted it meanwhile.
                if (may_ask_again && (!old || (child != nullptr && !child->replaced_by))) {
                    auto again = create(exchange.wanted().policy, child, source, other.group);
                    if (again) {
                        outcome.next = **std::move(again);
                    } else {
                        outcome.next = again.error();
                    }
                }
                return outcome;
            },
            [&](const CreateChild::Refused& refused) {
                return on_refused(exchange, refused.notify, now);
            },
            [&](const CreateChild::Broken& broken) {
                return Outcome{.events = {},
                               .next = Failure{Reason::protocol_error,
                                               "CREATE_CHILD_SA: the gateway sent " + broken.why}};
            }},
        answer);
}

void ChildSas::on_made(const CreateChild& exchange, CreateChild::Made made, const EspPath& esp,
                       Instant now, Events& events) {
    const auto colliding = std::exchange(colliding_, std::nullopt);
    const ChildSpi inbound = made.terms.inbound;
    // RFC 7296 2.8.1: of two new Child SAs the one with the lowest nonce is closed by who made it.
    const bool redundant = colliding && made.lowest_nonce < colliding->lowest_nonce;
    const std::size_t policy = exchange.wanted().policy;
    // A rekey of the gateway's may have made the one that was missing.
    const bool too_late = !exchange.wanted().old && !own_side_.lacks_child(children_, policy);
    // Without a virtual address it takes the place of the one that the old address has.
    const auto old = exchange.wanted().old ? exchange.wanted().old : slots_[policy].sending;
    const bool old_lives = old && children_.by_inbound(*old) != nullptr;
    // The gateway may have deleted the old one already; then its own new one is in its place.
    install(std::move(made),
            old_lives   ? old
            : redundant ? std::optional(colliding->inbound)
                        : std::nullopt,
            esp, now, events);
    if (redundant || too_late || !own_side_.is_of(*children_.by_inbound(inbound))) {
        children_.by_inbound(inbound)->delete_wanted = true;
        return;
    }
    switch_to(inbound, events);
    delete_others(policy, inbound, now);
    if (Child* child = old ? children_.by_inbound(*old) : nullptr) {
        child->give_way_to(inbound, now + drain_time);
    }
    if (Child* loser = colliding ? children_.by_inbound(colliding->inbound) : nullptr) {
        loser->tried = true;  // the gateway deletes it, but may send by it until then
    }
}

/// Deletes the Child SAs of another address than the path's: nothing is sent by them any more.
void ChildSas::delete_others(std::size_t policy, ChildSpi fresh, Instant now) {
    for (Child& child : children_) {
        if (child.terms.policy == policy && !own_side_.is_of(child) && !child.leaves()) {
            child.give_way_to(fresh, now);
        }
    }
}

ChildSas::Outcome ChildSas::on_refused(const CreateChild& exchange, const NotifyPayload& notify,
                                       Instant now) {
    colliding_.reset();
    const auto old = exchange.wanted().old;
    if (notify.type == NotifyType::child_sa_not_found && old) {
        // RFC 7296 2.25: silently forgotten; a new one is made from scratch.
        const Child* child = children_.by_inbound(*old);
        Outcome outcome;
        if (child != nullptr && !child->replaced_by) {
            remove(*old, outcome.events);
        }
        return outcome;
    }
    if (auto refused = own_side_.on_refused(children_, exchange, notify)) {
        return {.events = {}, .next = *std::move(refused)};
    }
    if (!old && (!children_.empty() || slots_.size() > 1) &&
        notify.type != NotifyType::temporary_failure) {
        return refuse_policy(exchange.wanted().policy, notify, now);
    }
    return {.events = {}, .next = Outcome::Refused{notify}};
}

/// A refused policy is no reason to give up the Child SAs that the gateway did make.
ChildSas::Outcome ChildSas::refuse_policy(std::size_t policy, const NotifyPayload& notify,
                                          Instant now) {
    PolicySlot& slot = slots_[policy];
    slot.retry_wait =
        std::clamp<Duration>(slot.retry_wait * 2, first_wait_for_refused, longest_wait_for_refused);
    slot.retry_at = now + slot.retry_wait + jittered(slot.retry_wait, env_.random);
    const bool all_refused =
        std::ranges::all_of(slots_, [now](const PolicySlot& each) { return each.retry_at > now; });
    Outcome outcome;
    outcome.events.emplace_back(ChildSaRefused{policy, wire::name(notify.type)});
    if (children_.empty() && all_refused) {
        outcome.next = failure_of(notify);
    }
    return outcome;
}

ChildSas::Events ChildSas::on_deleted(const DeleteChild& deletion) {
    Events events;
    remove(deletion.inbound, events);
    return events;
}

void ChildSas::on_lost(const DeleteChild& deletion) {
    if (Child* child = children_.by_inbound(deletion.inbound)) {
        child->delete_wanted = true;
        child->deleting = false;
    }
}

/// RFC 7296 1.4.1: for each of the gateway's inbound SAs that go, ours of the same pair goes.
ChildSas::Answer ChildSas::answer_delete(const wire::DeletePayload& deletion) {
    Answer answer;
    wire::DeletePayload ours{wire::ProtocolId::esp, {}};
    for (const ChildSpi outbound : deletion.spis) {
        const Child* child = children_.by_outbound(outbound);
        if (child == nullptr) {
            continue;
        }
        const ChildSpi inbound = child->terms.inbound;
        // RFC 7296 2.25.1: one that we are deleting ourselves is not named again.
        if (!child->deleting) {
            ours.spis.push_back(inbound);
        }
        if (colliding_ && colliding_->inbound == inbound) {
            colliding_.reset();
        }
        remove(inbound, answer.events);
    }
    if (!ours.spis.empty()) {
        answer.payloads.emplace_back(std::move(ours));
    }
    return answer;
}

ChildSas::Answer ChildSas::answer_rekey(const NotifyPayload& rekey,
                                        std::span<const wire::Payload> payloads,
                                        const CreateChild* ours, const KeySource& source,
                                        const EspPath& esp, Instant now) {
    const auto spi = wire::child_spi(rekey);
    Child* old = spi ? children_.by_outbound(*spi) : nullptr;
    if (old == nullptr) {
        return {.payloads = {NotifyPayload{.type = NotifyType::child_sa_not_found,
                                           .data = {},
                                           .protocol = rekey.protocol,
                                           .spi = rekey.spi}},
                .events = {}};
    }
    // RFC 7296 2.25.1: being closed, or already replaced.
    if (old->leaves() || old->replaced_by || children_.count(old->terms.policy) >= max_children) {
        return {.payloads = {temporary_failure()}, .events = {}};
    }
    const ChildSpi old_inbound = old->terms.inbound;
    const PolicySelectors allowed = own_side_.allowed(*old);
    ChildAnswer made = answer_child_request(config_, env_.random,
                                            {.payloads = payloads,
                                             .inbound = env_.allocate_spi(),
                                             .policy = old->terms.policy,
                                             .local_selectors = allowed.local,
                                             .remote_selectors = allowed.remote},
                                            source);
    Answer answer{.payloads = std::move(made.payloads), .events = {}};
    if (made.made) {
        const ChildSpi inbound = made.made->terms.inbound;
        old->replaced_by = inbound;
        if (ours != nullptr && ours->wanted().old == old_inbound) {
            colliding_ = Colliding{inbound, made.made->lowest_nonce};
        }
        install(*std::move(made.made), old_inbound, esp, now, answer.events);
    }
    return answer;
}

void ChildSas::install(CreateChild::Made made, std::optional<ChildSpi> old, const EspPath& esp,
                       Instant now, Events& events) {
    made.sa.path = esp.path;
    made.sa.udp_encapsulated = esp.udp_encapsulated;
    PolicySlot& slot = slots_[made.terms.policy];
    slot.local_selectors = made.terms.local_selectors;
    slot.remote_selectors = made.terms.remote_selectors;
    slot.retry_wait = {};
    const Child& child =
        children_.add({.terms = std::move(made.terms),
                       .rekey_at = now + jittered(config_.child_lifetime, env_.random),
                       .tried = !old});
    if (old) {
        events.emplace_back(ChildSaRekeyed{*old, std::move(made.sa)});
    } else {
        slot.sending = child.terms.inbound;
        events.emplace_back(ChildSaUp{std::move(made.sa)});
    }
}

void ChildSas::switch_to(ChildSpi inbound, Events& events) {
    Child* child = children_.by_inbound(inbound);
    if (child != nullptr && slots_[child->terms.policy].sending != inbound) {
        child->tried = true;
        slots_[child->terms.policy].sending = inbound;
        events.emplace_back(ChildSaSwitched{inbound});
    }
}

void ChildSas::remove(ChildSpi inbound, Events& events) {
    const Child* child = children_.by_inbound(inbound);
    if (child == nullptr) {
        return;
    }
    const std::size_t policy = child->terms.policy;
    std::optional<ChildSpi>& sending = slots_[policy].sending;
    if (sending == inbound && child->replaced_by) {
        switch_to(*child->replaced_by, events);  // whoever deletes it sends by the new one already
    }
    children_.erase(inbound);
    if (const Child* other = children_.newest(policy); sending == inbound && other != nullptr) {
        switch_to(other->terms.inbound, events);
    }
    events.emplace_back(ChildSaDown{inbound});
}

ChildSas::Events ChildSas::on_inbound(ChildSpi inbound) {
    Events events;
    const Child* child = children_.by_inbound(inbound);
    if (child != nullptr && !child->tried && !child->leaves()) {
        switch_to(inbound, events);
    }
    return events;
}

void ChildSas::rekey_now(ChildSpi inbound, Instant now) {
    if (Child* child = children_.by_inbound(inbound)) {
        child->rekey_at = now;
    }
}

std::vector<wire::TrafficSelector> ChildSas::remote_selectors() const {
    std::vector<wire::TrafficSelector> all;
    for (const PolicySlot& slot : slots_) {
        std::ranges::copy(slot.remote_selectors, std::back_inserter(all));
    }
    return all;
}

}  // namespace ike::session
