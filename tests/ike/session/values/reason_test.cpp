// SPDX-License-Identifier: Apache-2.0
#include "ike/session/values/reason.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace ike::session;

TEST_CASE("every reason has a stable word of its own and says what to do, if there is anything") {
    const std::set<Reason> mend_themselves{Reason::closed_by_us, Reason::reauthentication_due,
                                           Reason::gone_after_sleep};
    std::set<std::string_view> names;
    for (int number = 0; number <= static_cast<int>(Reason::rejected); ++number) {
        const auto reason = static_cast<Reason>(number);
        CAPTURE(number);
        CHECK(names.insert(name(reason)).second);
        CHECK(remedy(reason).empty() == mend_themselves.contains(reason));
        CHECK(name(reason).find_first_not_of("abcdefghijklmnopqrstuvwxyz-") ==
              std::string_view::npos);
    }
}
