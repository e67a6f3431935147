// SPDX-License-Identifier: Apache-2.0
#include "agent/status/tunnel_status.hpp"

#include <algorithm>
#include <array>

namespace agent {

namespace {

constexpr std::array<std::string_view, 10> state_names{
    "disconnected", "connecting", "connected",     "moving", "no-data",
    "holding",      "stalled",    "disconnecting", "failed", "needs-secret"};
constexpr std::array<std::string_view, 2> secret_names{"password", "one-time-code"};
constexpr std::array<std::string_view, 2> kind_names{"forced", "preferred"};
constexpr std::array<std::string_view, 4> result_names{"pending", "moved", "superseded", "failed"};

/// The enumerator whose name this is; the names stand in the order of the enumerators.
template <class Enum, std::size_t size>
std::optional<Enum> parse(const std::array<std::string_view, size>& names, std::string_view name) {
    const auto* found = std::ranges::find(names, name);
    return found == names.end() ? std::nullopt
                                : std::optional(static_cast<Enum>(found - names.begin()));
}

}  // namespace

std::string_view name(TunnelState state) {
    return state_names.at(static_cast<std::size_t>(state));
}
std::string_view name(RoamKind kind) {
    return kind_names.at(static_cast<std::size_t>(kind));
}
std::string_view name(RoamResult result) {
    return result_names.at(static_cast<std::size_t>(result));
}

std::string_view name(SecretKind kind) {
    return secret_names.at(static_cast<std::size_t>(kind));
}

std::optional<TunnelState> parse_tunnel_state(std::string_view name) {
    return parse<TunnelState>(state_names, name);
}
std::optional<RoamKind> parse_roam_kind(std::string_view name) {
    return parse<RoamKind>(kind_names, name);
}
std::optional<RoamResult> parse_roam_result(std::string_view name) {
    return parse<RoamResult>(result_names, name);
}
std::optional<SecretKind> parse_secret_kind(std::string_view name) {
    return parse<SecretKind>(secret_names, name);
}

}  // namespace agent
