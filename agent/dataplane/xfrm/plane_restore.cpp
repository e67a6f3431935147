// SPDX-License-Identifier: Apache-2.0
// What of the plane in the kernel somebody else takes away, and how it comes back.
#include "agent/dataplane/xfrm/message.hpp"
#include "agent/dataplane/xfrm/plane.hpp"
#include "agent/dataplane/xfrm/policies.hpp"

#include <algorithm>
#include <iterator>

namespace agent::xfrm {

using ike::Fail;

namespace {

/// Our own changes are told of, too, and most are parts of a roam, which is not to wait for this.
constexpr ike::Duration until_looked = std::chrono::milliseconds(50);

}  // namespace

XfrmPlane::Outcome XfrmPlane::restore() {
    ways_.restore();
    const std::string before = device_.name();
    const auto another = device_.restore();
    if (!another) {
        return Fail{another.error()};
    }
    if (*another) {
        env_.log.warning("somebody has taken away or renamed the tunnel's device",
                         {{"device", before}, {"now", device_.name()}});
        ways_.exclude(device_.name());
    }
    return {};
}

void XfrmPlane::removed(const CarriedSa& sa) {
    env_.log.warning("somebody has removed a child sa from the kernel, rekeying it",
                     {{"spi", ike::text(sa.sa.inbound.spi)}});
    rekey_later(sa.sa.inbound.spi);
}

void XfrmPlane::look_later() {
    look_.set(std::max(pace_.due(env_.loop.now()), env_.loop.now() + until_looked));
}

/// States are not put back: no sequence number may be used twice, no packet taken twice (RFC 4303
/// 3.3.3, 3.4.3), and the numbers went with the states. A rekey makes others.
void XfrmPlane::look() {
    pace_.looked(env_.loop.now());
    for (const auto& sa : sas_) {
        if (!sa->leaving && sa->notice_loss()) {
            removed(*sa);
        }
    }
    if (auto back = put_back_policies(); !back) {
        env_.log.error("policies that somebody removed could not be put back",
                       {{"error", back.error().text()}});
        look_later();
    }
}

XfrmPlane::Outcome XfrmPlane::put_back_policies() {
    const auto present = kernel_.policies();
    if (!present) {
        return Fail{present.error()};
    }
    std::size_t missing = 0;
    for (const PolicyKey& key : policies_) {
        if (std::ranges::find(*present, key, &Policy::key) != present->end()) {
            continue;
        }
        if (auto set = kernel_.request(update_policy(policy_for(key))); !set) {
            return set;
        }
        ++missing;
    }
    if (missing != 0) {
        env_.log.warning("somebody has removed policies from the kernel, they are put back",
                         {{"policies", std::to_string(missing)}});
    }
    return {};
}

/// Of the newest SA that it serves; one that no SA has any more throws away what it selects.
Policy XfrmPlane::policy_for(const PolicyKey& key) const {
    for (auto sa = sas_.rbegin(); sa != sas_.rend(); ++sa) {
        const CarriedSa& carried = **sa;
        const Owner owner = owner_of(carried.sa.policy);
        std::vector<Policy> policies;
        if (const auto coming =
                selectors_between(carried.sa.remote_selectors, carried.sa.local_selectors)) {
            policies = inbound_policies(*coming, owner);
        }
        if (way_ && carried.sends) {
            std::ranges::move(outbound_policies(carried.selectors, *way_, owner),
                              std::back_inserter(policies));
        }
        const auto found = std::ranges::find(policies, key, &Policy::key);
        if (found != policies.end()) {
            return *found;
        }
    }
    return blocking_policy(key);
}

}  // namespace agent::xfrm
