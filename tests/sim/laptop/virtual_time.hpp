// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/scheduler.hpp"

#include <deque>
#include <map>
#include <utility>

namespace sim {

/// A scheduler whose time passes only when somebody says so. Timers fire at their deadline exactly,
/// in the order in which they are due. Must outlive its timers.
class VirtualTime final : public agent::Scheduler {
  public:
    [[nodiscard]] ike::Instant now() const override { return now_; }
    [[nodiscard]] agent::MonotonicTime monotonic() const override;
    using Scheduler::timer;
    [[nodiscard]] agent::Timer timer(std::function<void()> on_deadline,
                                     ike::Duration accuracy) override;
    void post(std::function<void()> task) override { posted_.push_back(std::move(task)); }

    void advance_to(ike::Instant now) { now_ = now; }
    /// CLOCK_MONOTONIC stands still meanwhile.
    void suspend(ike::Duration duration);
    /// When something is to be run; nothing, if nothing is ever.
    [[nodiscard]] std::optional<ike::Instant> next() const;
    /// One task or timer that is due by now. False: there is none.
    bool run_one();

  private:
    /// The second number keeps timers of one deadline in the order in which they were set.
    using Key = std::pair<ike::Instant, std::uint64_t>;
    struct Entry {
        std::optional<Key> armed;
        std::function<void()> task;
    };
    class VirtualAlarm;

    ike::Instant now_{std::chrono::seconds(1000)};
    ike::Duration suspended_{};
    std::uint64_t set_ = 0;
    std::map<Key, std::shared_ptr<Entry>> armed_;
    std::deque<std::function<void()>> posted_;
};

}  // namespace sim
