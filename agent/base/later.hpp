// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/scheduler.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace agent {

/// Posts the tasks of one owner to a Scheduler. A task that has not run when its Later is destroyed
/// never runs, so a task may use its owner.
class Later {
  public:
    explicit Later(Scheduler& loop) : loop_(loop) {}
    Later(const Later&) = delete;
    Later& operator=(const Later&) = delete;
    ~Later() = default;

    void post(std::function<void()> task) {
        loop_.post([owner = std::weak_ptr<const char>(owner_), task = std::move(task)] {
            if (!owner.expired()) {
                task();
            }
        });
    }

  private:
    Scheduler& loop_;
    std::shared_ptr<const char> owner_ = std::make_shared<const char>();
};

}  // namespace agent
