// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/path.hpp"
#include "ike/wire/message.hpp"

#include <span>

namespace ike::session {

// RFC 4555 3.9, 4.2.6: without NAT traversal, the addresses of a message are protected.

/// For a message from `source` to `destination`.
wire::NotifyPayload no_nats_allowed(const Endpoint& source, const Endpoint& destination);

/// Whether a message that came in by `path` has been on its way through a NAT that its sender does
/// not allow.
bool nat_is_forbidden(std::span<const wire::Payload> payloads, const Path& path);

}  // namespace ike::session
