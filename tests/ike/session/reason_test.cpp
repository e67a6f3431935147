// SPDX-License-Identifier: Apache-2.0
#include "ike/session/reason.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace ike::session;

TEST_CASE("every reason has a stable word of its own and says what to do") {
    std::set<std::string_view> names;
    for (int number = 0; number <= static_cast<int>(Reason::rejected); ++number) {
        const auto reason = static_cast<Reason>(number);
        CAPTURE(number);
        CHECK(names.insert(name(reason)).second);
        CHECK_FALSE(remedy(reason).empty());
        CHECK(name(reason).find_first_not_of("abcdefghijklmnopqrstuvwxyz-") ==
              std::string_view::npos);
    }
}
