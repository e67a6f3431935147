// SPDX-License-Identifier: Apache-2.0
#include "agent/xfrm/replay_merge.hpp"

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

Replay merge(const Replay& left, const Replay& right) {
    Replay merged;
    merged.sent = std::max(left.sent, right.sent);
    merged.received = std::max(left.received, right.received);
    merged.bitmap.assign(left.bitmap.size(), 0);
    for (auto number = lowest(merged, merged.received); number <= merged.received; ++number) {
        if (seen(left, number) || seen(right, number)) {
            mark(merged, number);
        }
    }
    return merged;
}

Replay seal(const Replay& window) {
    Replay sealed = window;
    for (auto number = lowest(window, window.received); number <= window.received; ++number) {
        mark(sealed, number);
    }
    return sealed;
}

std::uint64_t taken_twice(const WindowSince& left, const WindowSince& right) {
    const auto came = [](const WindowSince& window, std::uint64_t number) {
        return seen(window.now, number) && !seen(window.before, number);
    };
    const auto highest = std::min(left.now.received, right.now.received);
    std::uint64_t count = 0;
    for (auto number =
             std::max(lowest(left.now, left.now.received), lowest(right.now, right.now.received));
         number <= highest; ++number) {
        if (came(left, number) && came(right, number)) {
            ++count;
        }
    }
    return count;
}

Replay skip(const Replay& window, std::uint64_t count) {
    Replay advanced;
    advanced.sent = window.sent;
    advanced.received = window.received + count;
    advanced.bitmap.assign(window.bitmap.size(), 0);
    for (auto number = lowest(advanced, advanced.received); number <= advanced.received; ++number) {
        if (number > window.received || seen(window, number)) {
            mark(advanced, number);
        }
    }
    return advanced;
}

}  // namespace agent::xfrm
