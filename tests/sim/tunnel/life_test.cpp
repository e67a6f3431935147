// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/tunnel/life.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <iostream>

namespace {

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

// As of test_sim: ROAMD_SIM_SEEDS says how many, ROAMD_SIM_FIRST_SEED from where; one seed alone
// prints its trace.
TEST_CASE("no seed of a laptop's life ends without a tunnel, or lets anything leave in clear") {
    const std::uint64_t first = number("ROAMD_SIM_FIRST_SEED", 1);
    const std::uint64_t seeds = number("ROAMD_SIM_SEEDS", 300);
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        sim::Life life(seed, seeds == 1);
        std::string fault = life.run();
        for (const std::string& violation : life.laptop().violations()) {
            fault += (fault.empty() ? "" : "; ") + violation;
        }
        for (const std::string& one : life.laptop().gateway().faults()) {
            fault += (fault.empty() ? "" : "; ") + ("the gateway complains: " + one);
        }
        if (seeds == 1) {
            std::cout << life.laptop().trace().text();
        }
        CHECK_MESSAGE(fault.empty(), "seed " << seed << ": " << fault
                                             << "\n  replay: ROAMD_SIM_FIRST_SEED=" << seed
                                             << " ROAMD_SIM_SEEDS=1 test_tunnel -tc='no seed*'");
    }
}
