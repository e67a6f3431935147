// SPDX-License-Identifier: Apache-2.0
#include "agent/wish/attempt_log.hpp"

namespace agent {

void AttemptLog::begin(std::string interface, std::string gateway, MonotonicTime now) {
    if (under_way()) {
        attempts_.back().result = attempt_interrupted;
    }
    if (attempts_.size() == kept) {
        attempts_.erase(attempts_.begin());
    }
    AttemptStatus attempt;
    attempt.number = next_number_++;
    attempt.interface = std::move(interface);
    attempt.gateway = std::move(gateway);
    attempt.began = now;
    attempts_.push_back(std::move(attempt));
}

void AttemptLog::fail(const TunnelError& error) {
    if (under_way()) {
        attempts_.back().result = error.reason;
        attempts_.back().text = error.text;
    }
}

void AttemptLog::connected() {
    if (under_way()) {
        attempts_.back().result = attempt_connected;
    }
    next_number_ = 1;
}

bool AttemptLog::under_way() const {
    return !attempts_.empty() && attempts_.back().result.empty();
}

}  // namespace agent
