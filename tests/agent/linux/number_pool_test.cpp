// SPDX-License-Identifier: Apache-2.0
#include "agent/linux/number_pool.hpp"

#include <doctest/doctest.h>

using namespace agent;

TEST_CASE("a tunnel gets the number that it had, another one the lowest that is free") {
    NumberPool pool;
    CHECK(pool.take(first_table + 1) == first_table + 1);
    CHECK(pool.take() == first_table);
    CHECK(pool.take() == first_table + 2);
}

TEST_CASE("a number that another tunnel has is not given twice") {
    NumberPool pool;
    CHECK(pool.take(first_table) == first_table);
    CHECK(pool.take(first_table) == first_table + 1);
}

TEST_CASE("a number that is none of ours is not given") {
    NumberPool pool;
    CHECK(pool.take(254) == first_table);
    CHECK(pool.take(first_table + max_tunnels) == first_table + 1);
}

TEST_CASE("there are no more numbers than tables, and one that is given back is free") {
    NumberPool pool;
    for (std::uint32_t count = 0; count < max_tunnels; ++count) {
        CHECK(pool.take());
    }
    CHECK_FALSE(pool.take());
    pool.give_back(first_table + 7);
    CHECK(pool.take() == first_table + 7);
}
