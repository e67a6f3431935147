// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/services_connection.hpp"

#include "netwatch/network_manager_watcher.hpp"

#include <sdbus-c++/sdbus-c++.h>

namespace agent {

ServicesConnection::ServicesConnection(std::unique_ptr<sdbus::IConnection> connection,
                                       SystemNameServers& name_servers)
    : connection_(std::move(connection)), name_servers_(name_servers) {}

ServicesConnection::~ServicesConnection() {
    name_servers_.detach();
}

ike::Result<std::unique_ptr<ServicesConnection>, SystemError> ServicesConnection::open(
    const BusChoice& bus, EventLoop& loop, ike::Log& log, SystemNameServers& name_servers,
    Events events) {
    auto connection = open_bus(bus);
    if (!connection) {
        return ike::Fail{connection.error()};
    }
    std::unique_ptr<ServicesConnection> opened(
        new ServicesConnection(std::move(*connection), name_servers));
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
    name_servers_.attach(*connection_);
}

void ServicesConnection::let_sleep() {
    logind_->let_sleep();
}

}  // namespace agent
