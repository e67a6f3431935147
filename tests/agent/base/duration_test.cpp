// SPDX-License-Identifier: Apache-2.0
#include "agent/base/duration.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace std::chrono_literals;

TEST_CASE("a duration is a whole number with a unit") {
    CHECK(parse_duration("90s") == 90s);
    CHECK(parse_duration("10m") == 10min);
    CHECK(parse_duration("4h") == 4h);
    CHECK(parse_duration("2d") == 48h);
    CHECK(parse_duration("0s") == 0s);
}

TEST_CASE("what is no duration, or a very long one, is none") {
    for (const char* text : {"", "10", "s", "1.5h", "-1s", "10 s", "4H", "1h30m", "4294967295d",
                             "99999999999s", "4000d"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text));
    }
}

TEST_CASE("durations are told to people in the unit that fits") {
    CHECK(human(850us) == "850 us");
    CHECK(human(12345us) == "12.3 ms");
    CHECK(human(1400ms) == "1.4 s");
    CHECK(human(200s) == "3 min 20 s");
    CHECK(human(180s) == "3 min");
    CHECK(human(4h + 5min + 59s) == "4 h 5 min");
    CHECK(human(51h) == "2 d 3 h");
    CHECK(human(-5ms) == "-5.0 ms");
}
