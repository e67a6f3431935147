// SPDX-License-Identifier: Apache-2.0
#include "ike/session/sa/children.hpp"

#include "ike/base/deadline.hpp"

#include <algorithm>
#include <iterator>

namespace ike::session {

namespace {

Child* found(std::vector<Child>& children, ChildSpi ChildTerms::*spi, ChildSpi wanted) {
    const auto child = std::ranges::find_if(
        children, [&](const Child& each) { return each.terms.*spi == wanted; });
    return child == children.end() ? nullptr : &*child;
}

}  // namespace

std::vector<PolicySlot> policy_slots(const SessionConfig& config,
                                     const IkeAuth::Authenticated& authenticated,
                                     const IpAddress& own) {
    std::vector<wire::TrafficSelector> local;
    for (const Prefix& address : authenticated.config.addresses) {
        local.push_back(wire::TrafficSelector::from(address));
    }
    if (local.empty()) {
        const auto* made = std::get_if<CreateChild::Made>(&authenticated.child);
        local = made != nullptr ? made->terms.local_selectors : first_offer(config, own).local;
    }
    std::vector<PolicySlot> slots;
    for (const ChildPolicy& policy : config.policies) {
        slots.push_back({.local_selectors = facing(policy.remote_selectors, local),
                         .remote_selectors = policy.remote_selectors});
    }
    return slots;
}

Child* Children::by_inbound(ChildSpi spi) {
    return found(children_, &ChildTerms::inbound, spi);
}

Child* Children::by_outbound(ChildSpi spi) {
    return found(children_, &ChildTerms::outbound, spi);
}

Child* Children::newest(std::size_t policy) {
    const auto child = std::find_if(children_.rbegin(), children_.rend(),
                                    [&](const Child& each) { return each.terms.policy == policy; });
    return child == children_.rend() ? nullptr : &*child;
}

std::size_t Children::count(std::size_t policy) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        children_, [&](const Child& each) { return each.terms.policy == policy; }));
}

Child& Children::add(Child child) {
    return children_.emplace_back(std::move(child));
}

void Children::erase(ChildSpi inbound) {
    std::erase_if(children_, [&](const Child& child) { return child.terms.inbound == inbound; });
    for (Child& other : children_) {
        if (other.replaced_by == inbound && !other.leaves()) {
            other.replaced_by.reset();
        }
    }
}

std::optional<Instant> Children::deletion_due() const {
    std::optional<Instant> due;
    for (const Child& child : children_) {
        if (child.delete_wanted) {
            due = earlier(due, child.delete_from);
        }
    }
    return due;
}

Child* Children::deletable(Instant now) {
    const auto child = std::ranges::find_if(children_, [now](const Child& each) {
        return each.delete_wanted && now >= each.delete_from;
    });
    return child == children_.end() ? nullptr : &*child;
}

void Children::rekey_all(Instant now) {
    for (Child& child : children_) {
        child.rekey_at = now;
    }
}

}  // namespace ike::session
