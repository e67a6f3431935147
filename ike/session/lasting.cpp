// SPDX-License-Identifier: Apache-2.0
#include "ike/session/lasting.hpp"

namespace ike::session {

void Lasting::count_received(std::span<const wire::Payload> payloads,
                             bool mobike_supported_is_due) {
    const std::uint64_t before = counters.mobike_supported_received;
    counters.count_received(payloads);
    if (!mobike_supported_is_due) {
        counters.mobike_supported_ignored += counters.mobike_supported_received - before;
    }
}

bool Lasting::may_ask_again(const std::string& refused) {
    env.log.info("the gateway sees a NAT, which is not allowed", {{"refused", refused}});
    return mapping.may_ask_again(config.retransmission.tries);
}

}  // namespace ike::session
