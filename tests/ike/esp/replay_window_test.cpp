// SPDX-License-Identifier: Apache-2.0
#include "ike/esp/replay_window.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

using namespace ike::esp;

namespace {

constexpr std::uint64_t subspace = std::uint64_t{1} << 32U;

/// Whether a packet that was sent with this number is taken, as it would be if authentic.
bool receive(ReplayWindow& window, std::uint64_t sequence) {
    const auto found = window.check(static_cast<std::uint32_t>(sequence));
    // With another high half than the sender's the ICV would be wrong.
    if (found != sequence) {
        return false;
    }
    window.accept(sequence);
    return true;
}

}  // namespace

TEST_CASE("a packet is taken once [RFC4303-3.4.3]") {
    ReplayWindow window(false);
    for (const std::uint64_t sequence : {1U, 2U, 7U, 5U, 6U, 4000U, 3999U}) {
        CHECK(receive(window, sequence));
        CHECK_FALSE(receive(window, sequence));
    }
}

TEST_CASE("sequence number 0 is never sent, so it is refused [RFC4303-3.3.3]") {
    CHECK_FALSE(ReplayWindow(false).check(0));
    CHECK_FALSE(ReplayWindow(true).check(0));
}

TEST_CASE("the window is 4096 packets wide, to the packet") {
    ReplayWindow window(false, 100000);
    CHECK(receive(window, 100000 - ReplayWindow::size + 1));
    CHECK_FALSE(receive(window, 100000 - ReplayWindow::size));
}

TEST_CASE("check alone moves nothing, so a forgery does not shut packets out") {
    ReplayWindow window(true, 10);
    CHECK(window.check(0xf0000000));
    CHECK(window.highest() == 10);
    CHECK(receive(window, 11));
}

TEST_CASE("a jump over more than the ring forgets nothing that is still in the window") {
    for (const std::uint64_t jump : {1U, 63U, 64U, 65U, 4095U, 4096U, 8191U, 8192U, 100000U}) {
        CAPTURE(jump);
        ReplayWindow window(false);
        REQUIRE(receive(window, 1000));
        REQUIRE(receive(window, 1000 + jump));
        CHECK_FALSE(receive(window, 1000 + jump));
        CHECK_FALSE(receive(window, 1000));
        CHECK(receive(window, 1000 + jump - 1) == (jump != 1));
    }
}

TEST_CASE("extended numbers go on behind 2^32 [RFC4303-A2]") {
    ReplayWindow window(true, subspace - 2);
    CHECK(receive(window, subspace - 1));
    CHECK(receive(window, subspace));
    CHECK(receive(window, subspace + 1));
    CHECK(window.highest() == subspace + 1);
}

TEST_CASE(
    "behind the wrap a late packet of the subspace before is still taken, once [RFC4303-A2]") {
    ReplayWindow window(true, subspace + 5);
    CHECK(receive(window, subspace - 1));
    CHECK_FALSE(receive(window, subspace - 1));
    CHECK(receive(window, subspace + 5 - ReplayWindow::size + 1));
    CHECK_FALSE(receive(window, subspace + 5 - ReplayWindow::size));
}

TEST_CASE("a number far below the top is one of the next subspace [RFC4303-A2]") {
    CHECK(ReplayWindow(true, 0x7'8000'0000).check(0x10) == 0x8'0000'0010);
    CHECK(ReplayWindow(true, 0x7'8000'0000).check(0x8000'0001) == 0x7'8000'0001);
}

TEST_CASE("before the first wrap no number lies below 1 [RFC4303-A2]") {
    CHECK_FALSE(ReplayWindow(true, 5).check(0xffff'ffff));
    CHECK(ReplayWindow(true, 5).check(0xf000'0000) == 0xf000'0000);
}

TEST_CASE("32-bit numbers end at 2^32 - 1, they do not wrap") {
    ReplayWindow window(false, subspace - 1);
    CHECK_FALSE(window.check(1));
    CHECK(receive(window, subspace - 2));
}

TEST_CASE("against a set of all numbers seen, the window is never wrong") {
    for (const std::uint64_t start : {std::uint64_t{0}, subspace - 20000, 5 * subspace - 100}) {
        ReplayWindow window(true, start);
        std::set<std::uint64_t> seen;
        std::mt19937_64 random(4303);
        std::uint64_t sent = start;
        for (int step = 0; step < 50000; ++step) {
            sent += random() % 3;
            const std::uint64_t late = random() % (2 * ReplayWindow::size);
            const std::uint64_t sequence = sent > late ? sent - late : 1;
            const std::uint64_t highest = seen.empty() ? start : std::max(start, *seen.rbegin());
            const bool fresh = sequence != 0 && !seen.contains(sequence) &&
                               sequence + ReplayWindow::size > highest;
            REQUIRE(receive(window, sequence) == fresh);
            if (fresh) {
                seen.insert(sequence);
            }
        }
    }
}
