// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/value_fault.hpp"
#include "ike/base/result.hpp"
#include "ike/session/values/config.hpp"

#include <string_view>

namespace agent {

/// One proposal in words joined by '-', as strongSwan writes them, several of a kind allowed:
/// "aes256gcm16-aes128gcm16-prfsha384-x25519", "aes256-sha512-ecp384" (its PRF is that of sha512).
ike::Result<ike::session::IkeProposal, ValueFault> parse_ike_proposal(std::string_view words);
/// "aes256gcm16", "aes128-sha256-modp3072-esn". With neither esn nor noesn both are offered.
ike::Result<ike::session::EspProposal, ValueFault> parse_esp_proposal(std::string_view words);

}  // namespace agent
