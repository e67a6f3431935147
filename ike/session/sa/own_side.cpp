// SPDX-License-Identifier: Apache-2.0
#include "ike/session/sa/own_side.hpp"

#include "ike/session/values/notify_reason.hpp"

#include <algorithm>

namespace ike::session {

bool OwnSide::is_of(const Child& child) const {
    return is_virtual() ||
           std::ranges::any_of(child.terms.local_selectors, [this](const auto& selector) {
               return selector.contains(address_);
           });
}

bool OwnSide::lacks_child(const Children& children, std::size_t policy) const {
    if (is_virtual()) {
        return children.count(policy) == 0;
    }
    return std::none_of(children.begin(), children.end(), [&](const Child& child) {
        return child.terms.policy == policy && !child.leaves() && is_of(child);
    });
}

PolicySelectors OwnSide::offer(const PolicySlot& slot, std::size_t policy) const {
    return is_virtual() ? PolicySelectors{slot.local_selectors, slot.remote_selectors}
                        : offer_from(address_, config_.policies[policy]);
}

PolicySelectors OwnSide::allowed(const Child& old) const {
    PolicySelectors allowed{old.terms.local_selectors, old.terms.remote_selectors};
    if (!is_of(old)) {
        const auto now = offer_from(address_, config_.policies[old.terms.policy]);
        allowed.local.insert(allowed.local.end(), now.local.begin(), now.local.end());
        allowed.remote.insert(allowed.remote.end(), now.remote.begin(), now.remote.end());
    }
    return allowed;
}

std::optional<Failure> OwnSide::on_refused(const Children& children, const CreateChild& exchange,
                                           const wire::NotifyPayload& notify) const {
    if (is_virtual() || exchange.wanted().old || children.count(exchange.wanted().policy) == 0 ||
        notify.type == wire::NotifyType::temporary_failure) {
        return std::nullopt;
    }
    return Failure{Reason::new_address_refused, failure_of(notify).detail + " to " +
                                                    address_.text() + " as our side of a Child SA"};
}

}  // namespace ike::session
