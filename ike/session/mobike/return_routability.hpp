// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "ike/crypto/random.hpp"
#include "ike/session/exchange/cookie2.hpp"
#include "ike/session/values/config.hpp"

#include <deque>
#include <optional>

namespace ike::session {

/// Which addresses of the gateway are known to reach it, as far as the configuration wants to know:
/// makes challenges, remembers those that were met.
class ReturnRoutability {
  public:
    explicit ReturnRoutability(RoutabilityCheck when) : when_(when) {}

    /// For a request that tells of an address (`update`), or tests one before data may go there.
    [[nodiscard]] std::optional<Challenge> challenge(const IpAddress& gateway, bool update,
                                                     crypto::Random& random) const;
    void passed(const IpAddress& gateway);
    /// Whether data may go to this address now.
    [[nodiscard]] bool may_send(const IpAddress& gateway) const;

  private:
    RoutabilityCheck when_;
    std::deque<IpAddress> checked_;  // the newest last, a bounded number
};

}  // namespace ike::session
