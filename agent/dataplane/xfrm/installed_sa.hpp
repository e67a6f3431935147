// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/inbound_state.hpp"
#include "agent/dataplane/xfrm/outbound_state.hpp"
#include "ike/base/clock.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace agent::xfrm {

/// The traffic of a Child SA as the kernel can select it.
struct Selectors {
    std::vector<Selector> outbound;
    std::vector<Selector> inbound;
};

/// A Child SA that the kernel carries: its keys, which a move needs again, and its two halves.
struct InstalledSa {
    InstalledSa(XfrmSocket& kernel, ike::session::ChildSa child, const Owner& of,
                Selectors selected, OutboundState::Move move)
        : sa(std::move(child)),
          owner(of),
          selectors(std::move(selected)),
          inbound(kernel, sa, owner),
          outbound(kernel, sa, owner, move) {}

    [[nodiscard]] bool retired() const { return retired_until.has_value(); }
    /// Whether the kernel has lost a state of it: told once for each half.
    bool notice_loss() {
        const bool receives_no_more = inbound.notice_loss();
        const bool sends_no_more = sends && outbound.notice_loss();
        return receives_no_more || sends_no_more;
    }

    ike::session::ChildSa sa;
    Owner owner;
    Selectors selectors;
    InboundState inbound;
    OutboundState outbound;
    bool sends = false;                         // traffic of its policy leaves by this SA
    std::optional<ike::Instant> retired_until;  // removed; receives packets in flight till then
};

}  // namespace agent::xfrm
