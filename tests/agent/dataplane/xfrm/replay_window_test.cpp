// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/replay_window.hpp"

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

TEST_CASE("a number that is entered is seen, and what is too old beside it then") {
    CHECK(with(window_of({3, 70}), 71) == window_of({3, 70, 71}));
    CHECK(with(window_of({3, 70}), 69) == window_of({3, 69, 70}));
    CHECK(with(window_of({3, 70}), 200) == window_of({200}));
    CHECK(with(window_of({3, 170}), 3) == window_of({170}));
}

TEST_CASE(
    "the high half of a number is the one that is not too old for the window [RFC4303-A2.2]") {
    const std::uint64_t epoch = std::uint64_t{1} << 32U;
    CHECK(whole_number(window_of({}), 1) == 1);
    CHECK(whole_number(window_of({100}), 99) == 99);
    CHECK(whole_number(window_of({100}), 36) == epoch + 36);
    CHECK(whole_number(window_of({100}), 37) == 37);
    CHECK(whole_number(window_of({epoch + 10}), 0xffff'fffe) == epoch - 2);
    CHECK(whole_number(window_of({epoch + 10}), 11) == epoch + 11);
    CHECK(whole_number(window_of({epoch - 3}), 5) == epoch + 5);
    CHECK(whole_number(window_of({3 * epoch + 1000}), 999) == 3 * epoch + 999);
}

TEST_CASE("a closed window has seen whatever any packet may have as its number") {
    const Replay closed = closed_window(window_size);
    CHECK(closed.bitmap.size() == window_size / 32);
    for (const std::uint64_t epoch : {0ULL, 1ULL << 32U, 0x7fff'ffffULL << 32U}) {
        for (const std::uint64_t low : {1ULL, 4096ULL, 0xffff'ffffULL}) {
            CHECK(seen(closed, epoch + low));
        }
    }
}

TEST_CASE("whatever is entered, the window refuses that, what it refused before, and no more") {
    tests::SeededRandom random(4303);
    const auto below = [&](std::uint64_t limit) {
        std::array<std::uint8_t, 2> bytes{};
        random.fill(bytes);
        return (std::uint64_t{bytes[0]} << 8U | bytes[1]) % limit;
    };
    for (int round = 0; round < 30; ++round) {
        const std::uint64_t start = (std::uint64_t{1} << 32U) - 50 + below(40);
        std::set<std::uint64_t> numbers;
        Replay window = window_of({start});
        for (int packets = 0; packets < 60; ++packets) {
            const std::uint64_t entered = start + below(100);
            const Replay before = window;
            window = with(before, entered);
            CHECK(seen(window, entered));
            for (std::uint64_t number = start; number < start + 120; ++number) {
                const bool old = number + window_size <= window.received;
                CHECK(seen(window, number) == (old || number == entered || seen(before, number)));
            }
            numbers.insert(entered);
        }
        numbers.insert(start);
        CHECK(window == window_of(numbers));
    }
}
