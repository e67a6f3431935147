// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/api/call_limit.hpp"
#include "agent/base/event_loop.hpp"
#include "ike/base/log.hpp"

#include <memory>
#include <optional>

struct sd_bus;
struct sd_bus_message;
struct sd_bus_slot;

namespace sdbus {
class IConnection;
}

namespace agent {

/// sd-bus's own connection, for what sdbus-c++ does not show.
sd_bus* bus_of(sdbus::IConnection& connection);

/// Ends what was registered with sd-bus.
struct DropSlot {
    void operator()(sd_bus_slot* slot) const;
};
using BusSlot = std::unique_ptr<sd_bus_slot, DropSlot>;

/// Leaves method calls on a bus unanswered that are more than a CallLimit allows. The bus counts
/// the calls of a sender that wait for their answer and refuses more than 128 itself, so a sender
/// that does not heed its answers is stopped there. An error for each call would make the queue
/// before everybody else's calls longer.
class CallFilter {
  public:
    /// All must outlive it. May throw sdbus::Error.
    CallFilter(sdbus::IConnection& connection, const EventLoop& loop, ike::Log& log);
    CallFilter(const CallFilter&) = delete;
    CallFilter& operator=(const CallFilter&) = delete;
    ~CallFilter();

  private:
    [[nodiscard]] bool is_refused(sd_bus_message* message);

    const EventLoop& loop_;
    ike::Log& log_;
    CallLimit limit_;
    std::optional<ike::Instant> told_;
    BusSlot slot_;
};

}  // namespace agent
