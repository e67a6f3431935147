// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/path.hpp"
#include "ike/session/values/event.hpp"
#include "ike/wire/message.hpp"

#include <optional>
#include <span>
#include <vector>

namespace ike::session {

/// RFC 7296 2.23: SHA-1 of the SPIs as they stand in the header, the address and the port.
Bytes nat_detection_hash(const IkeSpis& spis, const Endpoint& endpoint);

/// NAT_DETECTION_SOURCE_IP and NAT_DETECTION_DESTINATION_IP of a message that leaves by `path`. To
/// make the gateway encapsulate ESP in UDP on any path, the source is hashed as 0.0.0.0:0.
enum class ClaimNat : std::uint8_t { no, yes };
std::vector<wire::Payload> nat_detection(const IkeSpis& spis, const Path& path, ClaimNat claim);

/// The verdict of the hashes in a message that came in by `path`; none if there are not both kinds.
std::optional<NatVerdict> nat_verdict(std::span<const wire::Payload> payloads, const IkeSpis& spis,
                                      const Path& path);

/// NAT_DETECTION_DESTINATION_IP: our address as the sender sees it, hashed.
std::optional<Bytes> mapping_in(std::span<const wire::Payload> payloads);

}  // namespace ike::session
