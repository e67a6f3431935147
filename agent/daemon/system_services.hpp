// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/reopener.hpp"
#include "agent/daemon/services_connection.hpp"

#include <memory>

namespace agent {

/// NetworkManager, systemd-logind and systemd-resolved, as long as their bus is there: a bus that
/// goes away is tried again. Nothing depends on them.
class SystemServices {
  public:
    /// All arguments must outlive it. No bus: there are no services. `events.lost` is not
    /// used.
    SystemServices(std::optional<BusChoice> bus, EventLoop& loop, ike::Log& log,
                   SystemNameServers& name_servers, ServicesConnection::Events events);
    SystemServices(const SystemServices&) = delete;
    SystemServices& operator=(const SystemServices&) = delete;

    void start();
    /// After Events::sleep.about_to_sleep.
    void let_sleep();

  private:
    ike::Result<void, SystemError> open();
    bool reopen();

    std::optional<BusChoice> bus_;
    EventLoop& loop_;
    ike::Log& log_;
    SystemNameServers& name_servers_;
    ServicesConnection::Events events_;
    std::unique_ptr<ServicesConnection> connection_;
    Reopener again_;
};

}  // namespace agent
