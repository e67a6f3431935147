// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/world/world.hpp"

#include <string>

namespace sim {

/// One life of a laptop from a seed: it roams, loses its network and finds another, both sides
/// rekey, packets are lost, doubled and forged, and in the end all is well again. Plays the agent's
/// part by its rules: a path that dies is left at once.
class Walk {
  public:
    Walk(std::uint64_t seed, bool trace);

    /// The fault found; empty if nothing did.
    std::string run();
    [[nodiscard]] const World& world() const { return world_; }

  private:
    void act();
    void traffic();
    void wait();
    void cut_link();
    void mend_link();
    void change_address();
    void prefer_other();
    void blackhole();
    void reboot_nat();
    void pass(ike::Duration duration);
    void react();
    void rekey();
    void gateway_asks();
    void forge();
    void replay();
    std::string end_well();

    [[nodiscard]] ike::InterfaceIndex other(ike::InterfaceIndex interface) const {
        return interface == wlan0 ? wwan0 : wlan0;
    }
    ike::Family any_family();
    void announce();
    [[nodiscard]] bool usable(const ike::Path& path);
    void go(ike::InterfaceIndex interface, ike::session::MoveKind kind);

    Dice dice_;
    World world_;
    ike::InterfaceIndex told_ = wlan0;
    bool holding_ = false;
    bool announces_ = false;
    std::size_t refused_ = 0;  // refusals that were reacted to
    std::size_t died_ = 0;
    unsigned leases_ = 2;  // addresses given to the client so far
};

}  // namespace sim
