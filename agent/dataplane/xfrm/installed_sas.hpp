// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/installed_sa.hpp"
#include "agent/dataplane/xfrm/lost_sa.hpp"
#include "agent/dataplane/xfrm/policies.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace agent::xfrm {

/// The Child SAs of a tunnel in the kernel, which of them send, and by which path. Inbound halves
/// are moved by InboundCapture.
class InstalledSas {
  public:
    /// `kernel` must outlive it.
    InstalledSas(XfrmSocket& kernel, OutboundState::Move move) : kernel_(kernel), move_(move) {}

    /// One without states yet, to be add()ed.
    [[nodiscard]] std::unique_ptr<InstalledSa> make(ike::session::ChildSa sa, const Owner& owner,
                                                    Selectors selectors) const;
    /// It sends from switch_to() on.
    void add(std::unique_ptr<InstalledSa> sa) { sas_.push_back(std::move(sa)); }
    /// None: it is not there, or retired.
    [[nodiscard]] InstalledSa* find(ike::ChildSpi inbound) const;
    /// The one with this state, retired or not.
    [[nodiscard]] InstalledSa* with_state(const StateKey& key) const;
    /// Whether none is there but retired ones.
    [[nodiscard]] bool all_retired() const;

    /// The path that data leaves by. None: nothing leaves.
    [[nodiscard]] const std::optional<EncapsulatedPath>& way() const { return way_; }
    /// SAs send by this way from their next switch_to() or send_by() on.
    void set_way(const EncapsulatedPath& way) { way_ = way; }
    /// All that send do it by this way now. Gives those that can't: they send nothing more.
    [[nodiscard]] std::vector<LostSa> send_by(const EncapsulatedPath& way);
    /// It sends, and the one of the same policy that sent before stops; that goes on if it can't.
    [[nodiscard]] std::vector<LostSa> switch_to(ike::ChildSpi inbound);
    /// Nothing leaves until send_by(). Gives those that the kernel has lost.
    [[nodiscard]] std::vector<LostSa> hold();

    /// It sends nothing more and receives until then. None: it is not there.
    InstalledSa* retire(ike::ChildSpi inbound, ike::Instant until);
    /// Those whose time is over. Their states go with them.
    [[nodiscard]] std::vector<std::unique_ptr<InstalledSa>> take_expired(ike::Instant now);
    [[nodiscard]] std::optional<ike::Instant> next_expiry() const;

    /// Those of which the kernel has lost a state since this was asked last.
    [[nodiscard]] std::vector<ike::ChildSpi> notice_losses() const;
    /// Likewise of those that send.
    [[nodiscard]] std::vector<ike::ChildSpi> notice_losses_of_senders() const;

    /// As they are to be in the kernel, those of the newest SA first.
    [[nodiscard]] std::vector<Policy> policies() const;
    /// Of the policies that change with the states of those that send.
    [[nodiscard]] std::vector<PolicyKey> outbound_policy_keys() const;
    /// Of all SAs since this object was made.
    [[nodiscard]] Traffic traffic() const;

  private:
    XfrmSocket& kernel_;
    OutboundState::Move move_;
    std::vector<std::unique_ptr<InstalledSa>> sas_;
    std::optional<EncapsulatedPath> way_;
    Traffic gone_;  // by SAs that are no more
};

}  // namespace agent::xfrm
