// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/session/child_exchange.hpp"

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
};

/// The Child SAs of a session, by either of their SPIs.
class Children {
  public:
    Child* by_inbound(ChildSpi spi);
    Child* by_outbound(ChildSpi spi);
    Child& add(Child child);
    void erase(ChildSpi inbound);
    void clear() { children_.clear(); }

    [[nodiscard]] bool empty() const { return children_.empty(); }
    [[nodiscard]] std::size_t size() const { return children_.size(); }
    [[nodiscard]] auto begin() { return children_.begin(); }
    [[nodiscard]] auto end() { return children_.end(); }
    [[nodiscard]] auto begin() const { return children_.begin(); }
    [[nodiscard]] auto end() const { return children_.end(); }

  private:
    std::vector<Child> children_;
};

}  // namespace ike::session
