// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/laptop/laptop.hpp"

#include <string>

namespace sim {

/// One life of a laptop from a seed, with the agent's own tunnel: networks come, go, lie and
/// swallow, the gateway rekeys, deletes and restarts, the laptop sleeps, the daemon is killed, and
/// in the end all is well again.
class Life {
  public:
    Life(std::uint64_t seed, bool trace);

    /// The first fault; empty if there was none.
    std::string run();
    [[nodiscard]] const Laptop& laptop() const { return laptop_; }

  private:
    void act();
    void talk();
    void wait();
    void change_link();
    void change_address();
    void change_rank();
    void swallow();
    void check_connectivity();
    void reboot_nat();
    void gateway_asks();
    void touch();
    void rare();
    std::string end_well();
    bool settle(ike::Duration limit);
    bool carries();
    std::string end();

    [[nodiscard]] ike::InterfaceIndex any_interface() { return dice_.chance(0.5) ? wlan0 : wwan0; }

    Dice dice_;
    Laptop laptop_;
    unsigned leases_ = 10;  // addresses given to the laptop so far
};

}  // namespace sim
