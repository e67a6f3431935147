// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/status/tunnel_status.hpp"

#include <string>

namespace agent::ctl {

/// Why a roam was, in a sentence for a person: "wlan0 was taken down". The word itself, if it is
/// one of a newer daemon.
std::string reason_text(const RoamRecord& roam);

}  // namespace agent::ctl
