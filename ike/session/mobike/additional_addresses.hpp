// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "ike/session/values/event.hpp"
#include "ike/wire/message.hpp"
#include "ike/wire/traffic_selector.hpp"

#include <optional>
#include <span>
#include <vector>

namespace ike::session {

/// The addresses of either side besides the one in the IP header (RFC 4555 3.4, 3.6): tells the
/// gateway ours, and keeps its set. Either set is replaced as a whole, and belongs to the session,
/// not to an IKE SA.
class AdditionalAddresses {
  public:
    /// Ours, to be told to the gateway from now on; not at once, for a move that follows from the
    /// same change tells them, too.
    void set_ours(std::vector<IpAddress> ours);
    /// The gateway is to be told once more, if it may know our addresses at all.
    void tell_again() { pending_ = pending_ || ours_; }
    [[nodiscard]] bool pending() const { return pending_; }
    /// For a request that tells of all our addresses and leaves from `header`; then nothing is
    /// pending.
    std::vector<wire::Payload> take_payloads(const IpAddress& header);
    /// For IKE_AUTH, which has additional addresses or nothing (RFC 4555 3.4).
    std::vector<wire::Payload> take_first_payloads(const IpAddress& header);

    /// Only the tunnel leads there: no such address is one of the gateway's own.
    void set_inside(const AssignedConfig& assigned);
    /// The gateway's new set, if the message changes it. `policies`: what the Child SAs lead to.
    std::optional<std::vector<IpAddress>> on_peer_payloads(
        std::span<const wire::Payload> payloads, const IpAddress& sender,
        std::vector<wire::TrafficSelector> policies);

  private:
    std::optional<std::vector<IpAddress>> ours_;  // none: the gateway may not know them
    bool pending_ = false;
    std::vector<IpAddress> peers_;
    std::vector<wire::TrafficSelector> inside_;
};

}  // namespace ike::session
