// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "ike/crypto/random.hpp"
#include "ike/session/config.hpp"
#include "ike/wire/message.hpp"

#include <deque>
#include <optional>
#include <span>

namespace ike::session {

/// COOKIE2 of a request of ours, until its answer (RFC 4555 3.7).
struct Challenge {
    Bytes cookie2;
    IpAddress asked;         // the gateway's address that the request went to
    bool elsewhere = false;  // it went to another one, too: the answer does not tell which works

    void sent_to(const IpAddress& gateway) { elsewhere = elsewhere || gateway != asked; }
    /// RFC 4555 3.7, 4.2.5: the answer has to bring it as it was.
    [[nodiscard]] bool met_by(std::span<const wire::Payload> answer) const;
};

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

wire::NotifyPayload cookie2_of(const Challenge& challenge);

}  // namespace ike::session
