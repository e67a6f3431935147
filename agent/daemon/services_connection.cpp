// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/services_connection.hpp"

#include "netwatch/network_manager_watcher.hpp"

#include <sdbus-c++/sdbus-c++.h>

namespace agent {

ServicesConnection::ServicesConnection(std::unique_ptr<sdbus::IConnection> connection,
                                       Resolved& resolved)
    : connection_(std::move(connection)), resolved_(resolved) {}

ServicesConnection::~ServicesConnection() {
    resolved_.detach();
}

ike::Result<std::unique_ptr<ServicesConnection>, SystemError> ServicesConnection::open(
    const BusChoice& bus, EventLoop& loop, ike::Log& log, Resolved& resolved, Events events) {
    auto connection = open_bus(bus);
    if (!connection) {
        return ike::Fail{connection.error()};
    }
    std::unique_ptr<ServicesConnection> opened(
        new ServicesConnection(std::move(*connection), resolved));
    const auto on_network = events.network;
    const auto on_lost = events.lost;
    try {
        opened->subscribe(log, std::move(events));
    } catch (const sdbus::Error& error) {
        return ike::Fail{SystemError{
            "subscribe to services on the D-Bus bus " + bus.text + ": " + error.getMessage(),
            0,
            {}}};
    }
    opened->pump_ =
        std::make_unique<BusPump>(loop, *opened->connection_, [&log, on_network, on_lost] {
            log.warning("the bus went away, NetworkManager is not followed");
            on_network({});
            on_lost();
        });
    return opened;
}

void ServicesConnection::subscribe(ike::Log& log, Events events) {
    network_manager_ = std::make_unique<netwatch::NetworkManagerWatcher>(*connection_, log,
                                                                         std::move(events.network));
    logind_ = std::make_unique<Logind>(*connection_, log, std::move(events.sleep));
    resolved_.attach(*connection_);
}

void ServicesConnection::let_sleep() {
    logind_->let_sleep();
}

}  // namespace agent
