// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/laptop/virtual_time.hpp"

namespace sim {

class VirtualTime::VirtualAlarm final : public agent::Timer::Alarm {
  public:
    VirtualAlarm(VirtualTime& time, std::function<void()> task)
        : time_(time), entry_(std::make_shared<Entry>()) {
        entry_->task = std::move(task);
    }
    VirtualAlarm(const VirtualAlarm&) = delete;
    VirtualAlarm& operator=(const VirtualAlarm&) = delete;
    ~VirtualAlarm() override { disarm(); }

    void set(std::optional<ike::Instant> deadline) override {
        disarm();
        if (deadline) {
            entry_->armed = {*deadline, ++time_.set_};
            time_.armed_.emplace(*entry_->armed, entry_);
        }
    }

  private:
    void disarm() {
        if (entry_->armed) {
            time_.armed_.erase(*std::exchange(entry_->armed, std::nullopt));
        }
    }

    VirtualTime& time_;
    std::shared_ptr<Entry> entry_;
};

agent::MonotonicTime VirtualTime::monotonic() const {
    return std::chrono::duration_cast<agent::MonotonicTime>(now_.time_since_epoch() - suspended_);
}

agent::Timer VirtualTime::timer(std::function<void()> on_deadline, ike::Duration) {
    return agent::Timer(std::make_unique<VirtualAlarm>(*this, std::move(on_deadline)));
}

void VirtualTime::suspend(ike::Duration duration) {
    now_ += duration;
    suspended_ += duration;
}

std::optional<ike::Instant> VirtualTime::next() const {
    if (!posted_.empty()) {
        return now_;
    }
    return armed_.empty() ? std::nullopt : std::optional(armed_.begin()->first.first);
}

bool VirtualTime::run_one() {
    if (!posted_.empty()) {
        const auto task = std::move(posted_.front());
        posted_.pop_front();
        task();
        return true;
    }
    if (armed_.empty() || armed_.begin()->first.first > now_) {
        return false;
    }
    const std::shared_ptr<Entry> entry = armed_.begin()->second;  // it may end itself
    armed_.erase(armed_.begin());
    entry->armed.reset();
    entry->task();
    return true;
}

}  // namespace sim
