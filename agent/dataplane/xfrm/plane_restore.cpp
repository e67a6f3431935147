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
    put_back_policies();
}

void XfrmPlane::put_back_policies() {
    const auto missing = policies_.put_back(wanted_policies());
    if (!missing) {
        env_.log.error("policies that somebody removed could not be put back",
                       {{"error", missing.error().text()}});
        look_later();
    } else if (*missing != 0) {
        env_.log.warning("somebody has removed policies from the kernel, they are put back",
                         {{"policies", std::to_string(*missing)}});
    }
}

/// Of the newest SA first. A policy that no SA has any more is not wanted.
std::vector<Policy> XfrmPlane::wanted_policies() const {
    std::vector<Policy> policies;
    for (auto each = sas_.rbegin(); each != sas_.rend(); ++each) {
        const CarriedSa& sa = **each;
        const Owner owner = owner_of(sa.sa.policy);
        if (const auto coming = selectors_between(sa.sa.remote_selectors, sa.sa.local_selectors)) {
            std::ranges::move(inbound_policies(*coming, owner), std::back_inserter(policies));
        }
        if (way_ && sa.sends) {
            std::ranges::move(outbound_policies(sa.selectors, *way_, owner),
                              std::back_inserter(policies));
        }
    }
    return policies;
}

}  // namespace agent::xfrm
