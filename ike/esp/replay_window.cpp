// SPDX-License-Identifier: Apache-2.0
#include "ike/esp/replay_window.hpp"

#include <algorithm>

namespace ike::esp {

namespace {

std::uint64_t bit_of(std::uint64_t sequence) {
    return std::uint64_t{1} << (sequence % 64);
}

}  // namespace

std::optional<std::uint64_t> ReplayWindow::check(std::uint32_t low) const {
    const auto sequence = esn_ ? extended(low) : std::optional<std::uint64_t>(low);
    // RFC 4303 3.3.3: the first packet of an SA has sequence number 1.
    if (!sequence || *sequence == 0) {
        return std::nullopt;
    }
    if (*sequence > highest_) {
        return sequence;
    }
    const bool too_old = highest_ - *sequence >= size;
    const bool seen = (seen_[*sequence / word_bits % words] & bit_of(*sequence)) != 0;
    return too_old || seen ? std::nullopt : sequence;
}

/// RFC 4303 A2.2: `low` is taken for the number closest above the window's bottom, which lies in
/// this subspace of 2^32 numbers (case A) or in the one before (case B).
std::optional<std::uint64_t> ReplayWindow::extended(std::uint32_t low) const {
    constexpr auto reach = static_cast<std::uint32_t>(size - 1);
    const auto top = static_cast<std::uint32_t>(highest_);
    const std::uint32_t bottom = top - reach;
    std::uint64_t high = highest_ >> 32U;
    if (top >= reach) {
        high += low < bottom ? 1 : 0;
    } else if (low >= bottom) {
        if (high == 0) {
            return std::nullopt;  // before the first packet of the SA
        }
        --high;
    }
    return high << 32U | low;
}

void ReplayWindow::accept(std::uint64_t sequence) {
    if (sequence > highest_) {
        // Words the window enters are those of numbers a ring's turn ago: empty them.
        const std::uint64_t entered = sequence / word_bits - highest_ / word_bits;
        for (std::uint64_t step = 1; step <= std::min<std::uint64_t>(entered, words); ++step) {
            seen_[(highest_ / word_bits + step) % words] = 0;
        }
        highest_ = sequence;
    }
    seen_[sequence / word_bits % words] |= bit_of(sequence);
}

}  // namespace ike::esp
