// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/shutdown.hpp"

#include <utility>

namespace agent {

Shutdown::Shutdown(EventLoop& loop, std::function<bool()> at_rest)
    : loop_(loop),
      at_rest_(std::move(at_rest)),
      give_up_(loop.timer([this] { loop_.exit(*code_); })) {}

void Shutdown::begin(ExitCode code, const std::function<void()>& end_tunnels) {
    if (code_) {
        loop_.exit(*code_);
        return;
    }
    code_ = code;
    give_up_.set(loop_.now() + farewell);
    end_tunnels();
    look();
}

void Shutdown::look() {
    if (code_ && at_rest_()) {
        loop_.exit(*code_);
    }
}

}  // namespace agent
