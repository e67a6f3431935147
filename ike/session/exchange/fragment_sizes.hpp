// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/values/address_pair.hpp"
#include "ike/session/values/datagrams.hpp"

#include <deque>

namespace ike::session {

/// How large a datagram of IKE may be on each path before its message leaves in fragments
/// (RFC 7383 2.5.1). A path begins with what every path of IPv6 carries. A request that is larger
/// than the smaller size and stays unanswered makes that path use the smaller size (2.5.2). Sizes
/// are bytes of UDP payload without the non-ESP marker.
class FragmentSizes {
  public:
    [[nodiscard]] std::size_t largest(const Path& path) const;
    /// The least size that is used, whatever the peer's own fragments suggest.
    [[nodiscard]] static std::size_t smallest(const Path& path);

    /// A request stays unanswered that has left by this path so often.
    static constexpr unsigned patience = 2;
    void on_silence(const Path& path, const Datagrams& request);

  private:
    std::deque<AddressPair> small_;  // the paths that use the smaller size, the oldest first
};

}  // namespace ike::session
