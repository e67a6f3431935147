// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/laptop/rules.hpp"

namespace sim {

void Rules::esp_left(const EspTag& packet) {
    if (!esp_by_key_.emplace(packet.key, packet.sequence).second) {
        violated("ESP sequence number " + std::to_string(packet.sequence) +
                 " leaves twice under one key");
    }
}

void Rules::violated(const std::string& what) {
    trace_.add("VIOLATED: " + what);
    violations_.push_back(what);
}

void Rules::check(const std::string& fault) {
    if (!fault.empty()) {
        violated(fault);
    }
}

}  // namespace sim
