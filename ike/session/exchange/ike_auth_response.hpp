// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/crypto/certificate.hpp"
#include "ike/session/values/event.hpp"
#include "ike/wire/message.hpp"

#include <optional>
#include <span>
#include <vector>

namespace ike::session {

/// The X.509 certificates that can be read, in their order.
std::vector<crypto::Certificate> certificates_in(std::span<const wire::Payload> payloads);

/// RFC 7296 2.19.
AssignedConfig assigned_config(std::span<const wire::Payload> payloads);

/// RFC 4478 3.
std::optional<Duration> auth_lifetime(std::span<const wire::Payload> payloads);

}  // namespace ike::session
