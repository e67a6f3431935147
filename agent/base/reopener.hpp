// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"

#include <functional>

namespace agent {

using namespace std::chrono_literals;

/// Opens again what went away, until that succeeds: at once, then with delays that grow. `open`
/// says whether it did, and is called from the loop, never from inside start().
class Reopener {
  public:
    static constexpr ike::Duration first = 100ms;
    static constexpr ike::Duration longest = 10s;

    Reopener(EventLoop& loop, std::function<bool()> open);
    Reopener(const Reopener&) = delete;
    Reopener& operator=(const Reopener&) = delete;

    void start();

  private:
    void try_to_open();

    EventLoop& loop_;
    std::function<bool()> open_;
    ike::Duration delay_ = first;
    Timer timer_;
};

}  // namespace agent
