// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/world/esp_tag.hpp"
#include "tests/sim/world/trace.hpp"
#include "tests/sim/world/window_watch.hpp"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sim {

/// Holds what leaves and reaches the laptop against the invariants of design.md that can be seen
/// from outside; collects what breaks them.
class Rules {
  public:
    explicit Rules(Trace& trace) : trace_(trace) {}

    void client_sent(ike::ByteView datagram) { check(client_.sent(datagram)); }
    void client_received(ike::ByteView datagram) { client_.received(datagram); }
    void gateway_sent(ike::ByteView datagram) { check(gateway_.sent(datagram)); }
    void gateway_received(ike::ByteView datagram) { gateway_.received(datagram); }
    /// Each ESP packet of the laptop's, as it leaves.
    void esp_left(const EspTag& packet);
    /// The gateway has lost its state, and forgets what it had said.
    void gateway_restarted() { gateway_ = {}; }

    void violated(const std::string& what);
    [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

  private:
    void check(const std::string& fault);

    Trace& trace_;
    WindowWatch client_;
    WindowWatch gateway_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> esp_by_key_;  // sequence numbers
    std::vector<std::string> violations_;
};

}  // namespace sim
