// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/replay_window.hpp"

#include <algorithm>
#include <cstddef>

namespace agent::xfrm {

namespace {

constexpr std::uint64_t word_bits = 32;

std::uint64_t size(const Replay& window) {
    return window.bitmap.size() * word_bits;
}

/// Where the kernel keeps the bit of a number: the bitmap is a ring, and number 1 its first bit.
std::uint64_t slot(const Replay& window, std::uint64_t number) {
    return (number - 1) % size(window);
}

void mark(Replay& window, std::uint64_t number) {
    const std::uint64_t bit = slot(window, number);
    window.bitmap[bit / word_bits] |= std::uint32_t{1} << (bit % word_bits);
}

/// The lowest number that still has a bit when `highest` is the highest.
std::uint64_t lowest(const Replay& window, std::uint64_t highest) {
    return highest < size(window) ? 1 : highest - size(window) + 1;
}

}  // namespace

bool seen(const Replay& window, std::uint64_t number) {
    if (number > window.received) {
        return false;
    }
    if (number < lowest(window, window.received)) {
        return true;
    }
    const std::uint64_t bit = slot(window, number);
    return (window.bitmap[bit / word_bits] >> (bit % word_bits) & 1U) != 0;
}

Replay with(const Replay& window, std::uint64_t number) {
    Replay entered;
    entered.sent = window.sent;
    entered.received = std::max(window.received, number);
    entered.bitmap.assign(window.bitmap.size(), 0);
    for (auto each = lowest(entered, entered.received); each <= entered.received; ++each) {
        if (each == number || seen(window, each)) {
            mark(entered, each);
        }
    }
    return entered;
}

std::uint64_t whole_number(const Replay& window, std::uint32_t low) {
    constexpr std::uint64_t epoch = std::uint64_t{1} << 32U;
    const std::uint64_t bottom = lowest(window, window.received);
    const std::uint64_t number = (bottom & ~(epoch - 1)) | low;
    return number < bottom ? number + epoch : number;
}

Replay closed_window(std::size_t packets) {
    Replay closed;
    // Of extended numbers none has a high half near to this one. No low half is higher than this.
    closed.received = std::uint64_t{0x8000'0000} << 32U | 0xffff'ffff;
    closed.bitmap.assign(packets / word_bits, 0xffff'ffff);
    return closed;
}

}  // namespace agent::xfrm
