// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"
#include "agent/dataplane/ike_sockets.hpp"
#include "ike/base/log.hpp"
#include "netwatch/snapshot.hpp"

#include <cstdint>

namespace agent {

/// The parts of the program that a data plane works with and does not own. They must outlive it.
struct DataPlaneContext {
    EventLoop& loop;
    ike::Log& log;
    IkeSockets& sockets;
    const netwatch::Snapshot& network;  // as it is now
    std::uint32_t table = 0;            // the tunnel's number, see kernel_ids.hpp
    ike::Duration child_lifetime{0};    // after which the session rekeys a Child SA; zero: never
};

}  // namespace agent
