// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/data_plane_context.hpp"
#include "netwatch/monitor.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <utility>

namespace agent::test {

/// The surroundings of a plane or of a part of it: a loop, sockets, and the network as it was when
/// open() was called, in the namespace that the test is in.
struct HostContext {
    void open() {
        auto created = EventLoop::create();
        REQUIRE(created.ok());
        loop = std::move(*created);
        auto opened = IkeSockets::open({}, log);
        REQUIRE(opened.ok());
        sockets = std::make_unique<IkeSockets>(std::move(*opened));
        auto monitor = netwatch::Monitor::open(log);
        REQUIRE(monitor.ok());
        network = monitor->snapshot();
    }

    ike::NullLog log;
    std::optional<EventLoop> loop;
    std::unique_ptr<IkeSockets> sockets;
    netwatch::Snapshot network;
};

}  // namespace agent::test
