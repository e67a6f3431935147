// SPDX-License-Identifier: Apache-2.0
#include "agent/base/reopener.hpp"

#include <algorithm>

namespace agent {

Reopener::Reopener(EventLoop& loop, std::function<bool()> open)
    : loop_(loop), open_(std::move(open)), timer_(loop.timer([this] { try_to_open(); })) {}

void Reopener::start() {
    delay_ = first;
    timer_.set(loop_.now());
}

void Reopener::try_to_open() {
    if (!open_()) {
        timer_.set(loop_.now() + delay_);
        delay_ = std::min<ike::Duration>(2 * delay_, longest);
    }
}

}  // namespace agent
