// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace agent {

/// Why a tunnel does not work: the stable word, what was seen, and what a person can do.
struct TunnelError {
    std::string reason;
    std::string text;
    std::string remedy;
    bool needs_person = false;  // time alone does not mend it
    bool failed_login = false;  // the gateway counts it, and may lock the account; not on D-Bus
    friend bool operator==(const TunnelError&, const TunnelError&) = default;
};

/// The stable words for what keeps a tunnel from working besides the session's reasons.
inline constexpr const char* invalid_configuration = "invalid-configuration";
inline constexpr const char* system_error = "system-error";
inline constexpr const char* gateway_name_unresolved = "gateway-name-unresolved";

}  // namespace agent
