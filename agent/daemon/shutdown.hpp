// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"
#include "agent/daemon/options.hpp"

#include <functional>
#include <optional>

namespace agent {

/// The end of a run: the loop ends when all is at rest, or after two seconds for the gateways'
/// answers to our Deletes, or when the end is asked for twice.
class Shutdown {
  public:
    static constexpr ike::Duration farewell = std::chrono::seconds(2);

    /// The loop must outlive it.
    Shutdown(EventLoop& loop, std::function<bool()> at_rest);
    Shutdown(const Shutdown&) = delete;
    Shutdown& operator=(const Shutdown&) = delete;

    /// The loop is to end with this code; with the code of the first time, where it is asked for
    /// twice. `end_tunnels` is called the first time.
    void begin(ExitCode code, const std::function<void()>& end_tunnels);
    [[nodiscard]] bool under_way() const { return code_.has_value(); }
    /// Something may have come to rest.
    void look();

  private:
    EventLoop& loop_;
    std::function<bool()> at_rest_;
    std::optional<ExitCode> code_;
    Timer give_up_;
};

}  // namespace agent
