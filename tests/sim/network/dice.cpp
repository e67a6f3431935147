// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/network/dice.hpp"

namespace sim {

void Dice::fill(std::span<std::uint8_t> out) {
    std::uint64_t word = 0;
    for (std::size_t at = 0; at < out.size(); ++at) {
        if (at % sizeof word == 0) {
            word = engine_();
        }
        out[at] = static_cast<std::uint8_t>(word >> (at % sizeof word * 8));
    }
}

std::uint64_t Dice::below(std::uint64_t limit) {
    return engine_() % limit;  // the bias of a remainder is of no matter here
}

bool Dice::chance(double probability) {
    constexpr double range = 9007199254740992.0;  // 2^53: what a double holds exactly
    return static_cast<double>(engine_() >> 11U) / range < probability;
}

ike::Duration Dice::between(ike::Duration shortest, ike::Duration longest) {
    const auto span = static_cast<std::uint64_t>((longest - shortest).count());
    return shortest + ike::Duration(static_cast<ike::Duration::rep>(below(span + 1)));
}

}  // namespace sim
