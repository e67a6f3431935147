// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"
#include "agent/ctl/client.hpp"
#include "agent/ctl/commands.hpp"

namespace agent::ctl {

/// A client and the loop on which it watches, for the commands that last.
struct Session {
    EventLoop loop;
    Client client;
};

ike::Result<Session, SystemError> open_session(const Context& context);

/// The daemon left the bus meanwhile.
SystemError went_away();

}  // namespace agent::ctl
