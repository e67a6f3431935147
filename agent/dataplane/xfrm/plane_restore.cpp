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

void XfrmPlane::removed(const std::vector<ike::ChildSpi>& sas) {
    for (const ike::ChildSpi inbound : sas) {
        env_.log.warning("somebody has removed a child sa from the kernel, rekeying it",
                         {{"spi", ike::text(inbound)}});
        rekey_later(inbound);
    }
}

void XfrmPlane::look_later() {
    look_.set(std::max(pace_.due(env_.loop.now()), env_.loop.now() + until_looked));
}

/// States are not put back: no sequence number may be used twice, no packet taken twice (RFC 4303
/// 3.3.3, 3.4.3), and the numbers went with the states. A rekey makes others.
void XfrmPlane::look() {
    pace_.looked(env_.loop.now());
    removed(sas_.notice_losses());
    put_back_policies();
}

void XfrmPlane::put_back_policies() {
    const auto missing = policies_.put_back(sas_.policies());
    if (!missing) {
        env_.log.error("policies that somebody removed could not be put back",
                       {{"error", missing.error().text()}});
        look_later();
    } else if (*missing != 0) {
        env_.log.warning("somebody has removed policies from the kernel, they are put back",
                         {{"policies", std::to_string(*missing)}});
    }
}

}  // namespace agent::xfrm
