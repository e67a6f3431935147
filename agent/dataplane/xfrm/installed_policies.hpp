// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/policies.hpp"
#include "agent/dataplane/xfrm/socket.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace agent::xfrm {

/// The policies of a tunnel (RFC 4301's SPD), from the first SA until this object is destroyed:
/// packets that they cover never leave in clear. So it must outlive all SAs, which set those that
/// leave by them together with their states (OutboundState).
class InstalledPolicies {
  public:
    using Outcome = ike::Result<void, SystemError>;

    /// `kernel` must outlive it.
    explicit InstalledPolicies(XfrmSocket& kernel) : kernel_(kernel) {}
    InstalledPolicies(const InstalledPolicies&) = delete;
    InstalledPolicies& operator=(const InstalledPolicies&) = delete;
    ~InstalledPolicies();

    /// Sets those of them that it has not yet.
    Outcome add(std::span<const Policy> policies);
    /// Others set these: they are its own, too, from now on.
    void include(std::span<const PolicyKey> keys);
    /// Sets those that the kernel has no more, as they are in `wanted`; if they are not in there,
    /// what they select is thrown away. Gives how many there were.
    ike::Result<std::size_t, SystemError> put_back(std::span<const Policy> wanted);

  private:
    XfrmSocket& kernel_;
    std::vector<PolicyKey> keys_;
};

}  // namespace agent::xfrm
