// SPDX-License-Identifier: Apache-2.0
#include "agent/base/later.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <optional>
#include <vector>

using namespace agent;

namespace {

/// A scheduler whose turns a test takes by hand. It has no time.
class Turns final : public Scheduler {
  public:
    [[nodiscard]] ike::Instant now() const override { return {}; }
    [[nodiscard]] MonotonicTime monotonic() const override { return {}; }
    [[nodiscard]] Timer timer(std::function<void()>, ike::Duration) override { return Timer({}); }
    void post(std::function<void()> task) override { posted_.push_back(std::move(task)); }
    void run() {
        while (!posted_.empty()) {
            const auto task = std::move(posted_.front());
            posted_.pop_front();
            task();
        }
    }

  private:
    std::deque<std::function<void()>> posted_;
};

}  // namespace

TEST_CASE("tasks for later run in order, and not before") {
    Turns turns;
    Later later(turns);
    std::vector<int> ran;
    later.post([&] { ran.push_back(1); });
    later.post([&] { ran.push_back(2); });
    CHECK(ran.empty());
    turns.run();
    CHECK(ran == std::vector{1, 2});
}

TEST_CASE("a task never runs after its owner has ended, also where a task of its own ends it") {
    Turns turns;
    std::optional<Later> later(std::in_place, turns);
    int ran = 0;
    later->post([&] {
        ++ran;
        later.reset();
    });
    later->post([&] { ++ran; });
    turns.run();
    CHECK(ran == 1);
}
