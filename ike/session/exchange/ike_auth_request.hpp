// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/exchange/policy_selectors.hpp"
#include "ike/session/values/config.hpp"
#include "ike/wire/message.hpp"

#include <optional>
#include <span>
#include <vector>

namespace ike::session {

/// The first request of IKE_AUTH (RFC 7296 1.2) with our AUTH; without, we want to log in by EAP
/// (2.16).
std::vector<wire::Payload> ike_auth_request(const SessionConfig& config,
                                            std::span<const EspProposal> esp_proposals,
                                            const PolicySelectors& offer, ChildSpi inbound,
                                            std::optional<wire::AuthPayload> auth);

}  // namespace ike::session
