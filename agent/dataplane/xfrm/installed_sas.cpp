// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/installed_sas.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace agent::xfrm {

std::unique_ptr<InstalledSa> InstalledSas::make(ike::session::ChildSa sa, const Owner& owner,
                                                Selectors selectors) const {
    return std::make_unique<InstalledSa>(kernel_, std::move(sa), owner, std::move(selectors),
                                         move_);
}

InstalledSa* InstalledSas::find(ike::ChildSpi inbound) const {
    const auto found = std::ranges::find_if(sas_, [&](const auto& each) {
        return each->sa.inbound.spi == inbound && !each->retired();
    });
    return found == sas_.end() ? nullptr : found->get();
}

InstalledSa* InstalledSas::with_state(const StateKey& key) const {
    const auto found = std::ranges::find_if(
        sas_, [&](const auto& each) { return each->outbound.is(key) || each->inbound.has(key); });
    return found == sas_.end() ? nullptr : found->get();
}

bool InstalledSas::all_retired() const {
    return std::ranges::all_of(sas_, [](const auto& each) { return each->retired(); });
}

std::vector<LostSa> InstalledSas::send_by(const EncapsulatedPath& way) {
    way_ = way;
    std::vector<LostSa> lost;
    for (const auto& each : sas_) {
        if (!each->sends) {
            continue;
        }
        if (auto sent = each->outbound.send_by(way, each->selectors.outbound); !sent) {
            lost.push_back({each->sa.inbound.spi, sent.error()});
        }
    }
    return lost;
}

std::vector<LostSa> InstalledSas::switch_to(ike::ChildSpi inbound) {
    InstalledSa* const fresh = find(inbound);
    if (fresh == nullptr) {
        return {};
    }
    fresh->sends = true;
    if (way_) {
        if (auto sent = fresh->outbound.send_by(*way_, fresh->selectors.outbound); !sent) {
            return {{inbound, sent.error()}};
        }
    }
    // Now that there is the fresh state, the kernel must not choose the old one.
    for (const auto& other : sas_) {
        if (other.get() != fresh && other->sa.policy == fresh->sa.policy) {
            other->sends = false;
            (void)other->outbound.stop();
        }
    }
    return {};
}

std::vector<LostSa> InstalledSas::hold() {
    way_.reset();
    std::vector<LostSa> lost;
    for (const auto& each : sas_) {
        if (auto stopped = each->outbound.stop(); !stopped) {
            lost.push_back({each->sa.inbound.spi, stopped.error()});
        }
    }
    return lost;
}

InstalledSa* InstalledSas::retire(ike::ChildSpi inbound, ike::Instant until) {
    InstalledSa* const sa = find(inbound);
    if (sa != nullptr) {
        (void)sa->outbound.stop();
        sa->sends = false;
        sa->retired_until = until;
    }
    return sa;
}

std::vector<std::unique_ptr<InstalledSa>> InstalledSas::take_expired(ike::Instant now) {
    const auto expired = std::stable_partition(sas_.begin(), sas_.end(), [&](const auto& each) {
        return !each->retired() || *each->retired_until > now;
    });
    std::vector<std::unique_ptr<InstalledSa>> taken;
    std::move(expired, sas_.end(), std::back_inserter(taken));
    sas_.erase(expired, sas_.end());
    for (const auto& each : taken) {
        each->inbound.add_to(gone_);
        each->outbound.add_to(gone_);
    }
    return taken;
}

std::optional<ike::Instant> InstalledSas::next_expiry() const {
    std::optional<ike::Instant> next;
    for (const auto& each : sas_) {
        if (each->retired() && (!next || *each->retired_until < *next)) {
            next = each->retired_until;
        }
    }
    return next;
}

std::vector<ike::ChildSpi> InstalledSas::notice_losses() const {
    std::vector<ike::ChildSpi> lost;
    for (const auto& each : sas_) {
        if (!each->retired() && each->notice_loss()) {
            lost.push_back(each->sa.inbound.spi);
        }
    }
    return lost;
}

std::vector<ike::ChildSpi> InstalledSas::notice_losses_of_senders() const {
    std::vector<ike::ChildSpi> lost;
    for (const auto& each : sas_) {
        if (each->sends && each->notice_loss()) {
            lost.push_back(each->sa.inbound.spi);
        }
    }
    return lost;
}

std::vector<Policy> InstalledSas::policies() const {
    std::vector<Policy> policies;
    for (auto each = sas_.rbegin(); each != sas_.rend(); ++each) {
        const InstalledSa& sa = **each;
        std::ranges::move(inbound_policies(sa.selectors.inbound, sa.owner),
                          std::back_inserter(policies));
        if (way_ && sa.sends) {
            std::ranges::move(outbound_policies(sa.selectors.outbound, *way_, sa.owner),
                              std::back_inserter(policies));
        }
    }
    return policies;
}

std::vector<PolicyKey> InstalledSas::outbound_policy_keys() const {
    std::vector<PolicyKey> keys;
    for (const auto& each : sas_) {
        if (!way_ || !each->sends) {
            continue;
        }
        for (const Selector& selector : each->selectors.outbound) {
            keys.push_back({selector, Direction::out, each->owner.if_id});
        }
    }
    return keys;
}

Traffic InstalledSas::traffic() const {
    Traffic traffic = gone_;
    for (const auto& each : sas_) {
        each->inbound.add_to(traffic);
        each->outbound.add_to(traffic);
    }
    return traffic;
}

}  // namespace agent::xfrm
