// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/reason.hpp"
#include "ike/wire/notify.hpp"

namespace ike::session {

/// The gateway's error notify as the reason why there is no IKE SA.
Failure failure_of(const wire::NotifyPayload& notify);

}  // namespace ike::session
