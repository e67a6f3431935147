// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/values/reason.hpp"
#include "ike/wire/notify.hpp"

#include <string>

namespace ike::session {

/// The gateway's error notify as the reason why there is no IKE SA.
Failure failure_of(const wire::NotifyPayload& notify);
/// As an unauthenticated answer to `exchange`.
Failure failure_of(const wire::NotifyPayload& notify, const std::string& exchange);

}  // namespace ike::session
