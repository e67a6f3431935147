// SPDX-License-Identifier: Apache-2.0
#include "agent/network_manager.hpp"

#include "netwatch/network_manager_watcher.hpp"

#include <sdbus-c++/sdbus-c++.h>

namespace agent {

using netwatch::ManagedNetwork;
using netwatch::NetworkManagerWatcher;

NetworkManagerSource::NetworkManagerSource(std::unique_ptr<sdbus::IConnection> connection,
                                           std::unique_ptr<NetworkManagerWatcher> watcher)
    : connection_(std::move(connection)), watcher_(std::move(watcher)) {}

NetworkManagerSource::~NetworkManagerSource() = default;

ike::Result<std::unique_ptr<NetworkManagerSource>, SystemError> NetworkManagerSource::open(
    const BusChoice& bus, EventLoop& loop, ike::Log& log,
    const std::function<void(const ManagedNetwork&)>& on_changed) {
    auto connection = open_bus(bus);
    if (!connection) {
        return ike::Fail{connection.error()};
    }
    auto watcher = NetworkManagerWatcher::open(**connection, log, on_changed);
    if (!watcher) {
        return ike::Fail{SystemError{"subscribe to NetworkManager on the D-Bus bus " + bus.text +
                                         ": " + watcher.error().text,
                                     0,
                                     {}}};
    }
    std::unique_ptr<NetworkManagerSource> opened(
        new NetworkManagerSource(std::move(*connection), std::move(*watcher)));
    opened->pump_ = std::make_unique<BusPump>(loop, *opened->connection_, [&log, on_changed] {
        log.warning("the bus went away, NetworkManager is not followed any more");
        on_changed({});
    });
    return opened;
}

}  // namespace agent
