// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/log.hpp"

#include <functional>
#include <memory>

namespace sdbus {
class IConnection;
}

namespace agent {

/// Asks systemd-logind to wait for us before the machine sleeps (a delay inhibitor), and hears from
/// it when it is about to and when it has slept. Without logind nothing is heard. Its calls never
/// wait.
class Logind {
  public:
    struct Events {
        std::function<void()> about_to_sleep;  // it waits for let_sleep(), five seconds at most
        std::function<void()> awake;           // or the sleep was called off
    };

    /// Subscribes, for which it waits for the bus; throws sdbus::Error when it is gone.
    Logind(sdbus::IConnection& connection, ike::Log& log, Events events);
    Logind(const Logind&) = delete;
    Logind& operator=(const Logind&) = delete;
    ~Logind();

    void let_sleep();

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace agent
