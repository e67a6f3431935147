// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/policies.hpp"
#include "agent/dataplane/xfrm/socket.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace agent::xfrm {

/// The policies of a tunnel (RFC 4301's SPD), from the first SA until this object is destroyed:
/// packets that they cover never leave in clear. So it must outlive all SAs. OutboundState sets the
/// outbound policies together with the state that they name.
class InstalledPolicies {
  public:
    using Outcome = ike::Result<void, SystemError>;

    /// `kernel` must outlive it.
    explicit InstalledPolicies(XfrmSocket& kernel) : kernel_(kernel) {}
    InstalledPolicies(const InstalledPolicies&) = delete;
    InstalledPolicies& operator=(const InstalledPolicies&) = delete;
    ~InstalledPolicies();

    /// Sets the policies that are not set yet.
    Outcome add(std::span<const Policy> policies);
    /// Owns these policies from now on, too, which somebody else has set.
    void include(std::span<const PolicyKey> keys);
    /// Sets the policies that the kernel has lost, as they are in `wanted`. A policy that is not in
    /// `wanted` blocks what it selects. Gives how many the kernel had lost.
    ike::Result<std::size_t, SystemError> put_back(std::span<const Policy> wanted);

  private:
    XfrmSocket& kernel_;
    std::vector<PolicyKey> keys_;
};

}  // namespace agent::xfrm
