// SPDX-License-Identifier: Apache-2.0
#include "ike/session/data_flow.hpp"

namespace ike::session {

void DataFlow::came_in(Instant when) {
    last_ = when;
    proved_ = true;
    missed_ = false;
    tried_ = FlowRemedy::none;
}

void DataFlow::moved(Instant now) {
    if (last_ && now < *last_ + lately) {
        proved_ = false;
        tried_ = FlowRemedy::none;
    }
}

FlowRemedy DataFlow::missing(Instant now) {
    if (!last_ || (proved_ && now >= *last_ + lately) || tried_ == FlowRemedy::reconnect ||
        (tried_ != FlowRemedy::none && now < tried_at_ + between_remedies)) {
        return FlowRemedy::none;
    }
    const auto next = static_cast<FlowRemedy>(static_cast<std::uint8_t>(tried_) + 1);
    if (next == FlowRemedy::reconnect && (proved_ || now < tried_at_ + before_reconnect)) {
        return FlowRemedy::none;
    }
    missed_ = missed_ || !proved_;
    tried_ = next;
    tried_at_ = now;
    return next;
}

}  // namespace ike::session
