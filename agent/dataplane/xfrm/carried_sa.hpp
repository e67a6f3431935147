// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/inbound_sa.hpp"
#include "agent/dataplane/xfrm/outbound_sa.hpp"
#include "ike/base/clock.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace agent::xfrm {

/// A Child SA that the kernel carries: its keys, which a move needs again, and its two halves.
struct CarriedSa {
    CarriedSa(XfrmSocket& kernel, ike::session::ChildSa child, const Owner& owner,
              std::vector<Selector> outgoing, OutboundSa::Move move)
        : sa(std::move(child)),
          selectors(std::move(outgoing)),
          inbound(kernel, sa, owner),
          outbound(kernel, sa, owner, move) {}

    /// Whether the kernel has lost a state of it: told once for each half.
    bool notice_loss() {
        const bool receives_no_more = inbound.notice_loss();
        const bool sends_no_more = sends && outbound.notice_loss();
        return receives_no_more || sends_no_more;
    }

    ike::session::ChildSa sa;
    std::vector<Selector> selectors;  // of what leaves by it
    InboundSa inbound;
    OutboundSa outbound;
    bool sends = false;                   // it is the one for what its selectors select
    std::optional<ike::Instant> leaving;  // removed; received by until then
};

}  // namespace agent::xfrm
