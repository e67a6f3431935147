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

    /// An SA without states yet, to be add()ed.
    [[nodiscard]] std::unique_ptr<InstalledSa> make(ike::session::ChildSa sa, const Owner& owner,
                                                    Selectors selectors) const;
    /// The SA sends from switch_to() on.
    void add(std::unique_ptr<InstalledSa> sa) { sas_.push_back(std::move(sa)); }
    /// None: there is no such SA, or it is retired.
    [[nodiscard]] InstalledSa* find(ike::ChildSpi inbound) const;
    /// The SA with this state, retired or not.
    [[nodiscard]] InstalledSa* with_state(const StateKey& key) const;
    /// Whether all SAs are retired; also if there is none.
    [[nodiscard]] bool all_retired() const;

    /// The path that data leaves by. None: nothing leaves.
    [[nodiscard]] const std::optional<EncapsulatedPath>& way() const { return way_; }
    /// SAs send by this path from their next switch_to() on.
    void set_way(const EncapsulatedPath& way) { way_ = way; }
    /// All SAs that send do it by this path from now on. Gives the SAs that can't: they send
    /// nothing until they are rekeyed.
    [[nodiscard]] std::vector<LostSa> send_by(const EncapsulatedPath& way);
    /// This SA sends, and the one of the same policy that sent before stops. If the SA can't send,
    /// it is given, and the other one goes on.
    [[nodiscard]] std::vector<LostSa> switch_to(ike::ChildSpi inbound);
    /// Nothing leaves until send_by(). Gives the SAs that the kernel has lost.
    [[nodiscard]] std::vector<LostSa> hold();

    /// The SA sends nothing more, and receives until then. None: there is no such SA.
    InstalledSa* retire(ike::ChildSpi inbound, ike::Instant until);
    /// Retired SAs whose time is over. Their states go with them.
    [[nodiscard]] std::vector<std::unique_ptr<InstalledSa>> take_expired(ike::Instant now);
    [[nodiscard]] std::optional<ike::Instant> next_expiry() const;

    /// The SAs of which the kernel has lost a state; each state is told of once.
    [[nodiscard]] std::vector<ike::ChildSpi> notice_losses() const;
    /// Likewise, of the SAs that send.
    [[nodiscard]] std::vector<ike::ChildSpi> notice_losses_of_senders() const;

    /// The policies as they are to be in the kernel, those of the newest SA first.
    [[nodiscard]] std::vector<Policy> policies() const;
    /// The keys of the outbound policies, which the states of the SAs that send have set.
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
