// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/walk/walk.hpp"

#include "tests/sim/walk/siege.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <iostream>

using namespace sim;

namespace {

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// The fault of one seed; nothing, if nothing is.
std::string fault_of(const World& world, std::string fault) {
    for (const std::string& violation : world.violations()) {
        fault += (fault.empty() ? "" : "; ") + violation;
    }
    for (const std::string& one : world.gateway().faults()) {
        fault += (fault.empty() ? "" : "; ") + ("the gateway complains: " + one);
    }
    return fault;
}

// ROAMD_SIM_SEEDS: how many; ROAMD_SIM_FIRST_SEED: from where. One seed alone prints its trace.
template <class Life>
void live(std::uint64_t otherwise, const char* test) {
    const std::uint64_t first = number("ROAMD_SIM_FIRST_SEED", 1);
    const std::uint64_t seeds = number("ROAMD_SIM_SEEDS", otherwise);
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        Life life(seed, seeds == 1);
        const std::string fault = fault_of(life.world(), life.run());
        if (seeds == 1) {
            std::cout << life.world().trace().text();
        }
        CHECK_MESSAGE(fault.empty(),
                      "seed " << seed << ": " << fault << "\n  replay: ROAMD_SIM_FIRST_SEED="
                              << seed << " ROAMD_SIM_SEEDS=1 test_sim -tc='" << test << "*'");
    }
}

}  // namespace

TEST_CASE("no seed of roams, rekeys, losses and forgeries breaks an invariant") {
    live<Walk>(5000, "no seed of roams");
}

TEST_CASE("no seed of forged answers keeps a connect from the gateway that is there") {
    live<Siege>(2000, "no seed of forged");
}
