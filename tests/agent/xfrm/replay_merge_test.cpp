// SPDX-License-Identifier: Apache-2.0
#include "agent/xfrm/replay_merge.hpp"

#include "tests/seeded_random.hpp"

#include <doctest/doctest.h>

#include <array>
#include <set>

using namespace agent::xfrm;

namespace {

constexpr std::uint64_t window_size = 64;

/// A window after these numbers, as the kernel would have it (net/xfrm: the bit of number n is
/// (n - 1) modulo the window's size).
Replay window_of(const std::set<std::uint64_t>& numbers) {
    Replay window;
    window.bitmap.assign(window_size / 32, 0);
    window.received = numbers.empty() ? 0 : *numbers.rbegin();
    for (const std::uint64_t number : numbers) {
        if (number + window_size > window.received) {
            const std::uint64_t bit = (number - 1) % window_size;
            window.bitmap[bit / 32] |= std::uint32_t{1} << (bit % 32);
        }
    }
    return window;
}

}  // namespace

TEST_CASE("a window knows what it has seen, and takes what is older than itself as seen") {
    const Replay window = window_of({3, 70, 72, 100});
    CHECK(seen(window, 100));
    CHECK(seen(window, 70));
    CHECK_FALSE(seen(window, 71));
    CHECK_FALSE(seen(window, 37));  // the oldest that has a bit
    CHECK(seen(window, 36));        // before the window: RFC 4303 3.4.3
    CHECK_FALSE(seen(window, 101));
    CHECK_FALSE(seen(window_of({}), 1));
}

TEST_CASE("of two windows becomes one that refuses whatever either of them would refuse") {
    const Replay old_path = window_of({1, 2, 3, 5, 8});
    const Replay new_path = window_of({1, 2, 3, 6, 7, 60});
    const Replay merged = merge(old_path, new_path);
    CHECK(merged == window_of({1, 2, 3, 5, 6, 7, 8, 60}));
    CHECK(merge(new_path, old_path) == merged);
    CHECK(merge(merged, old_path) == merged);
}

TEST_CASE("a window far ahead of the other stays as it is") {
    const Replay behind = window_of({1, 2, 3});
    const Replay ahead = window_of({1000, 1010});
    CHECK(merge(behind, ahead) == ahead);
}

TEST_CASE(
    "a sealed window takes nothing as old as its highest number, and what is newer as before") {
    const Replay window = seal(window_of({3, 70, 100}));
    CHECK(window.received == 100);
    CHECK(seen(window, 1));
    CHECK(seen(window, 71));
    CHECK(seen(window, 99));
    CHECK_FALSE(seen(window, 101));
    CHECK(seal(window_of({})) == window_of({}));
}

TEST_CASE("taken twice is what came in to both windows since they were set, and nothing else") {
    const Replay at_first = window_of({1, 2, 5});
    const Replay sealed = seal(at_first);
    const Replay old_path = window_of({1, 2, 4, 5, 6, 7, 9});
    const auto by_new_path = [&](const std::set<std::uint64_t>& numbers) {
        std::set<std::uint64_t> all{1, 2, 3, 4, 5};
        all.insert(numbers.begin(), numbers.end());
        return window_of(all);
    };
    CHECK(taken_twice({old_path, at_first}, {by_new_path({8, 10}), sealed}) == 0);
    CHECK(taken_twice({old_path, at_first}, {by_new_path({7, 8, 9}), sealed}) == 2);
    CHECK(taken_twice({by_new_path({7, 8, 9}), sealed}, {old_path, at_first}) == 2);
    CHECK(taken_twice({old_path, old_path}, {by_new_path({7, 8, 9}), sealed}) == 0);
    CHECK(taken_twice({window_of({}), window_of({})}, {old_path, at_first}) == 0);
}

TEST_CASE("skipping numbers makes them seen and keeps the rest") {
    const Replay window = window_of({10, 12});
    CHECK(skip(window, 0) == window);
    CHECK(skip(window, 3) == window_of({10, 12, 13, 14, 15}));
    CHECK(skip(window, 1000).received == 1012);
    CHECK(seen(skip(window, 1000), 1012));
}

TEST_CASE("merging keeps its promise for any two windows, also where extended numbers begin") {
    tests::SeededRandom random(4303);
    const auto below = [&](std::uint64_t limit) {
        std::array<std::uint8_t, 2> bytes{};
        random.fill(bytes);
        return (std::uint64_t{bytes[0]} << 8U | bytes[1]) % limit;
    };
    for (int round = 0; round < 300; ++round) {
        const std::uint64_t start = (std::uint64_t{1} << 32U) - 50 + below(40);
        std::set<std::uint64_t> left;
        std::set<std::uint64_t> right;
        for (int packets = 0; packets < 60; ++packets) {
            (below(2) == 0 ? left : right).insert(start + below(100));
        }
        const Replay a = window_of(left);
        const Replay b = window_of(right);
        const Replay merged = merge(a, b);
        for (std::uint64_t number = start; number < start + 120; ++number) {
            const bool before = number + window_size <= merged.received;
            CHECK(seen(merged, number) == (before || seen(a, number) || seen(b, number)));
        }
    }
}
