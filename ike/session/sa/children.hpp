// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/session/exchange/create_child_sa.hpp"
#include "ike/session/exchange/ike_auth.hpp"

#include <optional>
#include <vector>

namespace ike::session {

/// A Child SA that the data plane carries, and what is to become of it.
struct Child {
    ChildTerms terms;
    Instant rekey_at;
    std::optional<ChildSpi> replaced_by = std::nullopt;  // a rekey made this one
    bool tried = true;  // outbound packets go by it or have, so a late packet brings it not back
    bool delete_wanted = false;  // we owe the gateway a Delete for it, not before delete_from
    Instant delete_from{};
    bool deleting = false;  // the Delete is on its way

    [[nodiscard]] bool leaves() const { return delete_wanted || deleting; }
    /// It is deleted from that time on, and the other one is in its place.
    void give_way_to(ChildSpi other, Instant from) {
        replaced_by = other;
        delete_wanted = true;
        delete_from = from;
    }
};

/// One policy of SessionConfig in a session: what its next Child SA is asked for, and how it goes.
struct PolicySlot {
    std::vector<wire::TrafficSelector> local_selectors;  // as the gateway has granted them, once
    std::vector<wire::TrafficSelector> remote_selectors;
    std::optional<ChildSpi> sending = std::nullopt;  // outbound packets go by this one
    Instant retry_at{};                              // the gateway refused to make one
    Duration retry_wait{};
};

/// Our side of every policy is the virtual addresses; without, the address that we have.
std::vector<PolicySlot> policy_slots(const SessionConfig& config,
                                     const IkeAuth::Authenticated& authenticated,
                                     const IpAddress& own);

/// The Child SAs of a session, by either of their SPIs and by policy.
class Children {
  public:
    Child* by_inbound(ChildSpi spi);
    Child* by_outbound(ChildSpi spi);
    /// The last one made for this policy.
    Child* newest(std::size_t policy);
    [[nodiscard]] std::size_t count(std::size_t policy) const;
    Child& add(Child child);
    /// A Child SA that this one was to replace goes on.
    void erase(ChildSpi inbound);

    /// When we owe the gateway a Delete for one of them, and for which one that is now.
    [[nodiscard]] std::optional<Instant> deletion_due() const;
    Child* deletable(Instant now);
    void rekey_all(Instant now);

    [[nodiscard]] bool empty() const { return children_.empty(); }
    [[nodiscard]] auto begin() { return children_.begin(); }
    [[nodiscard]] auto end() { return children_.end(); }
    [[nodiscard]] auto begin() const { return children_.begin(); }
    [[nodiscard]] auto end() const { return children_.end(); }

  private:
    std::vector<Child> children_;
};

}  // namespace ike::session
