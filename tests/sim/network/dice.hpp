// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/crypto/random.hpp"

#include <cstdint>
#include <random>

namespace sim {

/// Chance from a seed, the same on every machine: for the network's moods, and as the random source
/// of whoever takes part in a simulated run.
class Dice final : public ike::crypto::Random {
  public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}

    void fill(std::span<std::uint8_t> out) override;

    /// One of 0 to limit-1.
    std::uint64_t below(std::uint64_t limit);
    bool chance(double probability);
    /// Evenly from shortest to longest.
    ike::Duration between(ike::Duration shortest, ike::Duration longest);

  private:
    std::mt19937_64
        engine_;  // its numbers are fixed by the C++ standard; its distributions are not
};

}  // namespace sim
