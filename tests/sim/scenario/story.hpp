// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/world/world.hpp"

#include <doctest/doctest.h>

// What the scenario tests say over and over.
namespace sim {

/// No invariant broke, and the gateway has nothing to complain about.
inline void check_clean(World& world) {
    CHECK(world.violations() == std::vector<std::string>{});
    CHECK(world.gateway().faults() == std::vector<std::string>{});
}

}  // namespace sim
