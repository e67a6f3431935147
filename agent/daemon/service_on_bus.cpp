// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/service_on_bus.hpp"

#include <cerrno>
#include <utility>

namespace agent {

using ike::Fail;
using Outcome = ike::Result<void, SystemError>;

ServiceOnBus::ServiceOnBus(std::optional<BusChoice> bus, EventLoop& loop, Tunnels& tunnels,
                           ike::Log& log)
    : bus_(std::move(bus)), loop_(loop), tunnels_(tunnels), log_(log), again_(loop, [this] {
          return reopen();
      }) {}

Outcome ServiceOnBus::start() {
    if (!bus_) {
        return {};
    }
    auto opened = open();
    if (opened || opened.error().code == EEXIST) {
        return opened;
    }
    log_.warning("roamd is on no bus; the tunnels go on, and the bus is tried again",
                 {{"error", opened.error().text()}});
    again_.start();
    return {};
}

Outcome ServiceOnBus::open() {
    auto service = Service::start(*bus_, loop_, tunnels_, log_, [this] {
        log_.warning("the bus went away; the tunnels go on");
        again_.start();
    });
    if (!service) {
        return Fail{service.error()};
    }
    service_ = std::move(*service);
    return {};
}

bool ServiceOnBus::reopen() {
    service_.reset();
    if (const auto opened = open(); !opened) {
        log_.debug("roamd is on no bus still", {{"error", opened.error().text()}});
        return false;
    }
    log_.info("roamd is on the bus");
    return true;
}

void ServiceOnBus::tunnel_changed(const std::string& name) {
    if (service_) {
        service_->tunnel_changed(name);
    }
}

void ServiceOnBus::all_changed() {
    for (const std::string& name : service_ ? tunnels_.names() : std::vector<std::string>()) {
        service_->tunnel_changed(name);
    }
}

void ServiceOnBus::roamed(const RoamRecord& record) {
    if (service_) {
        service_->roamed(record);
    }
}

}  // namespace agent
