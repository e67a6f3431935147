// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/world/world.hpp"

#include <string>

namespace sim {

/// A connect that somebody on the way attacks, from a seed: he reads each request and answers
/// before the gateway does, by refusals, cookies, other groups, other versions, a key exchange of
/// his own, and by what he has recorded, whole or damaged. For a while he may also keep everything
/// from the gateway. He stops at some time, and from then on the gateway is there to be had.
class Siege {
  public:
    Siege(std::uint64_t seed, bool trace);

    /// The fault found; empty if nothing did.
    std::string run();
    [[nodiscard]] const World& world() const { return world_; }

  private:
    void forge();
    void answer_as_stranger();
    void answer_with(const gateway::Payloads& payloads);
    void damage_recorded();
    void inject(ike::Bytes datagram);
    [[nodiscard]] ike::wire::Header answer_header();
    [[nodiscard]] bool over() const;

    Dice dice_;
    World world_;
    Dice stranger_dice_;
    gateway::Gateway stranger_;  // all it lacks is the gateway's secret
    std::size_t read_ = 0;       // of the client's datagrams, by the stranger
};

}  // namespace sim
