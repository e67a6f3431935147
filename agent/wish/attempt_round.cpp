// SPDX-License-Identifier: Apache-2.0
#include "agent/wish/attempt_round.hpp"

#include <algorithm>

namespace agent {

using ike::session::AddressPair;

AddressPair AttemptRound::take(const AddressPair& best, const Paths& all) {
    const auto untried =
        std::ranges::find_if(all, [this](const AddressPair& path) { return !had_turn(path); });
    AddressPair path = best;
    if (had_turn(best) && untried != all.end()) {
        path = *untried;
    } else if (had_turn(best)) {
        tried_.clear();
        patience_ = std::min(2 * patience_, longest_patience);
    }
    tried_.push_back(path);
    return path;
}

bool AttemptRound::waits(const Paths& all) const {
    return std::ranges::any_of(all, [this](const AddressPair& path) { return !had_turn(path); });
}

bool AttemptRound::had_turn(const AddressPair& path) const {
    return std::ranges::find(tried_, path) != tried_.end();
}

}  // namespace agent
