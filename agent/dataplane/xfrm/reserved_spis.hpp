// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/early_esp.hpp"
#include "agent/dataplane/xfrm/socket.hpp"
#include "agent/dataplane/xfrm/states.hpp"

#include <optional>
#include <vector>

namespace agent::xfrm {

/// Inbound SPIs that a negotiation has asked for and no SA has yet. The kernel keeps each by a
/// state without keys; all are given back with this object.
class ReservedSpis {
  public:
    /// `kernel` must outlive it. The states bear the reqid and if_id of `owner`.
    ReservedSpis(XfrmSocket& kernel, const Owner& owner) : kernel_(kernel), owner_(owner) {}
    ReservedSpis(const ReservedSpis&) = delete;
    ReservedSpis& operator=(const ReservedSpis&) = delete;
    ~ReservedSpis();

    /// An SPI that no other SA of this machine has, for an SA that is to be used by this path
    /// first; none: it is not known yet. Of more than most_awaited_spis the oldest is given back.
    ike::Result<ike::ChildSpi, SystemError> allocate(const std::optional<ike::Path>& path);
    /// An SA takes it, if it is one of these: its state is not to find the one without keys.
    void release(ike::ChildSpi spi);

  private:
    void give_back(const StateKey& reserved);

    XfrmSocket& kernel_;
    Owner owner_;
    std::vector<StateKey> reserved_;  // the oldest first
};

}  // namespace agent::xfrm
