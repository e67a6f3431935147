// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/session.hpp"

namespace agent::ctl {

ike::Result<Session, SystemError> open_session(const Context& context) {
    auto loop = EventLoop::create();
    if (!loop) {
        return ike::Fail{loop.error()};
    }
    auto client = Client::open(context.bus);
    if (!client) {
        return ike::Fail{client.error()};
    }
    return Session{std::move(*loop), std::move(*client)};
}

SystemError went_away() {
    return {"roamd went away", 0, "look into its log: journalctl -u roamd"};
}

}  // namespace agent::ctl
