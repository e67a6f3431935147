// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/cookie2.hpp"

namespace ike::session {

using wire::NotifyType;

bool Challenge::met_by(std::span<const wire::Payload> answer) const {
    const auto* echoed = wire::find_notify(answer, NotifyType::cookie2);
    return echoed != nullptr && echoed->data == cookie2;
}

wire::NotifyPayload cookie2_of(const Challenge& challenge) {
    return {.type = NotifyType::cookie2, .data = challenge.cookie2, .spi = {}};
}

}  // namespace ike::session
