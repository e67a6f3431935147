// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/early_esp.hpp"

#include "ike/base/bytes.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace agent;
using ike::ChildSpi;

namespace {

struct Packet {
    ChildSpi spi;
    ike::Bytes esp;
    int number = 0;
};

std::vector<int> numbers(const std::vector<Packet>& packets) {
    std::vector<int> all;
    for (const Packet& packet : packets) {
        all.push_back(packet.number);
    }
    return all;
}

}  // namespace

TEST_CASE(
    "what came early is given in its order, each SPI's once, and what is not awaited is not") {
    EarlyEspBuffer<Packet> early;
    CHECK_FALSE(early.keep({{1}, ike::Bytes(100), 0}));
    early.await({1});
    early.await({2});
    CHECK(early.awaited() == std::vector<ChildSpi>{{1}, {2}});
    for (int number = 1; number <= 6; ++number) {
        CHECK(early.keep({{number % 2 == 0 ? 2U : 1U}, ike::Bytes(100), number}));
    }
    CHECK_FALSE(early.keep({{3}, ike::Bytes(100), 7}));
    CHECK(numbers(early.take({1})) == std::vector{1, 3, 5});
    CHECK_FALSE(early.keep({{1}, ike::Bytes(100), 8}));
    CHECK(early.take({1}).empty());
    CHECK(numbers(early.take({2})) == std::vector{2, 4, 6});
    CHECK(early.awaited().empty());
}

TEST_CASE("who floods an SPI that is awaited fills four megabytes, and they are free again") {
    EarlyEspBuffer<Packet> early;
    early.await({1});
    std::size_t kept = 0;
    while (early.keep({{1}, ike::Bytes(60'000), 0})) {
        ++kept;
    }
    CHECK(kept == EarlyEspBuffer<Packet>::most_bytes / (60'000 + sizeof(Packet)));
    early.await({2});
    CHECK_FALSE(early.keep({{2}, ike::Bytes(60'000), 0}));
    CHECK(early.take({1}).size() == kept);
    CHECK(early.keep({{2}, ike::Bytes(60'000), 0}));
    std::size_t small = 0;
    while (early.keep({{2}, ike::Bytes(8), 0})) {
        ++small;
    }
    CHECK(small < EarlyEspBuffer<Packet>::most_bytes / sizeof(Packet));
}

TEST_CASE("of too many SPIs that are awaited the first is forgotten, with what came for it") {
    EarlyEspBuffer<Packet> early;
    early.await({1});
    REQUIRE(early.keep({{1}, ike::Bytes(10), 1}));
    for (std::uint32_t spi = 2; spi <= most_awaited_spis + 1; ++spi) {
        early.await({spi});
    }
    CHECK(early.awaited().size() == most_awaited_spis);
    CHECK_FALSE(early.awaits({1}));
    CHECK(early.take({1}).empty());
    CHECK(early.awaits({2}));
}
