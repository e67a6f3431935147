// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/system_services.hpp"

#include <utility>

namespace agent {

SystemServices::SystemServices(std::optional<BusChoice> bus, EventLoop& loop, ike::Log& log,
                               SystemNameServers& name_servers, ServicesConnection::Events events)
    : bus_(std::move(bus)),
      loop_(loop),
      log_(log),
      name_servers_(name_servers),
      events_(std::move(events)),
      again_(loop, [this] { return reopen(); }) {
    events_.lost = [this] { again_.start(); };
}

void SystemServices::start() {
    if (const auto opened = open(); !opened) {
        log_.warning("NetworkManager is not followed", {{"error", opened.error().text()}});
        again_.start();
    }
}

ike::Result<void, SystemError> SystemServices::open() {
    if (!bus_) {
        return {};
    }
    auto opened = ServicesConnection::open(*bus_, loop_, log_, name_servers_, events_);
    if (!opened) {
        return ike::Fail{opened.error()};
    }
    connection_ = std::move(*opened);
    return {};
}

bool SystemServices::reopen() {
    connection_.reset();
    if (const auto opened = open(); !opened) {
        log_.debug("there is no bus of the services still", {{"error", opened.error().text()}});
        return false;
    }
    log_.info("the services' bus is there");
    return true;
}

void SystemServices::let_sleep() {
    if (connection_) {
        connection_->let_sleep();
    }
}

}  // namespace agent
