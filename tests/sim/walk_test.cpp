// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/walk/walk.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <iostream>

using namespace sim;

namespace {

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// What is wrong with one seed; nothing, if nothing is.
std::string fault_of(const Walk& walk, std::string fault) {
    for (const std::string& violation : walk.world().violations()) {
        fault += (fault.empty() ? "" : "; ") + violation;
    }
    for (const std::string& one : walk.world().gateway().faults()) {
        fault += (fault.empty() ? "" : "; ") + ("the gateway complains: " + one);
    }
    return fault;
}

}  // namespace

// ROAMD_SIM_SEEDS: how many; ROAMD_SIM_FIRST_SEED: from where. One seed alone prints its trace.
TEST_CASE("no seed of roams, rekeys, losses and forgeries breaks an invariant") {
    const std::uint64_t first = number("ROAMD_SIM_FIRST_SEED", 1);
    const std::uint64_t seeds = number("ROAMD_SIM_SEEDS", 5000);
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        Walk walk(seed, seeds == 1);
        std::string fault = walk.run();
        fault = fault_of(walk, std::move(fault));
        if (seeds == 1) {
            std::cout << walk.world().trace().text();
        }
        CHECK_MESSAGE(fault.empty(), "seed " << seed << ": " << fault
                                             << "\n  replay: ROAMD_SIM_FIRST_SEED=" << seed
                                             << " ROAMD_SIM_SEEDS=1 test_sim -tc='no seed*'");
    }
}
