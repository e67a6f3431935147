// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/eap/failure.hpp"
#include "ike/session/values/reason.hpp"

namespace ike::session {

/// The reason of a login by EAP that came to nothing, with what a person can do about this one.
Failure failure_of(const eap::Failure& failure);

}  // namespace ike::session
