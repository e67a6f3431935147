// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/wire/message.hpp"

#include <optional>
#include <span>

namespace ike::session {

/// The address that a NAT makes of ours (RFC 4555 3.8), as the gateway sees it: the
/// NAT_DETECTION_DESTINATION_IP of its answers. And how often a NAT was met where none is allowed
/// (RFC 4555 3.9).
class NatMapping {
  public:
    /// Takes the mapping from the gateway's answer to an update; from now on later answers are held
    /// against it.
    void learn(std::span<const wire::Payload> update_answer);
    /// SPIs are in the hashes, and paths: with another IKE SA or path nothing is known.
    void forget() { seen_.reset(); }
    /// An update was answered; the gateway may yet have said nothing of the mapping.
    [[nodiscard]] bool learned() const { return seen_.has_value(); }
    /// An answer can show a change, if its request asks for it.
    [[nodiscard]] bool can_compare() const { return seen_ && !seen_->empty(); }
    /// Whether the gateway is to be told of our address anew. If nothing was learned, `no_data`
    /// (data goes out by this path and none comes in) is reason enough. Then the mapping is
    /// forgotten.
    [[nodiscard]] bool is_changed(std::span<const wire::Payload> answer, bool no_data);

    /// UNEXPECTED_NAT_DETECTED. Somebody may have changed this one packet, so the request is made
    /// again, but not more often in a row than it would be repeated.
    [[nodiscard]] bool may_ask_again(unsigned tries) { return ++nats_met_ < tries; }
    void met_none() { nats_met_ = 0; }

  private:
    std::optional<Bytes> seen_;  // empty: the gateway does not say
    unsigned nats_met_ = 0;
};

}  // namespace ike::session
