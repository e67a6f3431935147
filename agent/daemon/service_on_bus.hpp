// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/api/service.hpp"
#include "agent/base/reopener.hpp"

#include <memory>
#include <optional>
#include <string>

namespace agent {

/// The D-Bus service, as long as its bus is there: a bus that is missing or goes away is tried
/// again. Tunnels that are wanted need no bus.
class ServiceOnBus {
  public:
    /// All arguments must outlive it. No bus: there is no service.
    ServiceOnBus(std::optional<BusChoice> bus, EventLoop& loop, Tunnels& tunnels, ike::Log& log);
    ServiceOnBus(const ServiceOnBus&) = delete;
    ServiceOnBus& operator=(const ServiceOnBus&) = delete;

    /// It fails if another daemon has our name already: that one would share the kernel's state
    /// with us.
    ike::Result<void, SystemError> start();

    void tunnel_changed(const std::string& name);
    /// Something that each tunnel shows is another.
    void all_changed();
    void roamed(const RoamRecord& record);

  private:
    ike::Result<void, SystemError> open();
    bool reopen();

    std::optional<BusChoice> bus_;
    EventLoop& loop_;
    Tunnels& tunnels_;
    ike::Log& log_;
    std::unique_ptr<Service> service_;
    Reopener again_;
};

}  // namespace agent
