// SPDX-License-Identifier: Apache-2.0
#include "ike/session/core.hpp"

namespace ike::session {

/// Of an authentic message. MOBIKE_SUPPORTED has its place in IKE_AUTH, when we sent it there, too
/// (RFC 4555 3.1).
void Session::Core::count_received(std::span<const wire::Payload> payloads) {
    const std::uint64_t before = counters_.mobike_supported_received;
    counters_.count_received(payloads);
    if (phase_ != Phase::authenticating || !config_.mobike) {
        counters_.mobike_supported_ignored += counters_.mobike_supported_received - before;
    }
}

}  // namespace ike::session
