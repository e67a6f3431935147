// SPDX-License-Identifier: Apache-2.0
#include "agent/wish/standing_wish.hpp"

#include <doctest/doctest.h>

using namespace agent;

TEST_CASE("a first failure ends the wish of a run in the foreground that was never connected") {
    CHECK_FALSE(StandingWish{.stands = true}.ends_with_first_failure());
    StandingWish foreground{.stands = true, .lasts = WishLasts::unless_it_fails};
    CHECK(foreground.ends_with_first_failure());
    foreground.fulfilled = true;
    CHECK_FALSE(foreground.ends_with_first_failure());
}

TEST_CASE("the block outlives the process while a wish stands that was fulfilled once") {
    CHECK_FALSE(StandingWish{.stands = true}.keeps_block());
    CHECK_FALSE(StandingWish{.fulfilled = true}.keeps_block());
    StandingWish wish{.stands = true, .fulfilled = true};
    CHECK(wish.keeps_block());
    CHECK(wish.goes_on());
    wish.run_ends = true;
    CHECK(wish.keeps_block());
    CHECK_FALSE(wish.goes_on());
}
