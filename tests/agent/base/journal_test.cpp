// SPDX-License-Identifier: Apache-2.0
#include "agent/base/journal.hpp"

#include <doctest/doctest.h>

using namespace agent;

TEST_CASE("a log line is its event and name=value fields") {
    CHECK(format_line("connected", {{"tunnel", "office"}, {"spi", "0x1f2e3d4c"}}) ==
          "connected tunnel=office spi=0x1f2e3d4c");
    CHECK(format_line("ready", {}) == "ready");
}

TEST_CASE("a value that would break the line is quoted, whatever a peer sent") {
    CHECK(format_line("e", {{"id", "a b"}}) == R"(e id="a b")");
    CHECK(format_line("e", {{"id", ""}}) == R"(e id="")");
    CHECK(format_line("e", {{"id", "a\"b\\"}}) == R"(e id="a\"b\\")");
    CHECK(format_line("e", {{"id", "x\ninfo forged\x1b[2J"}}) ==
          R"(e id="x\x0ainfo forged\x1b[2J")");
    CHECK(format_line("e", {{"id", "k=v"}}) == R"(e id="k=v")");
    CHECK(format_line("e", {{"id", "müller"}}) == "e id=müller");
}

TEST_CASE("levels are known by their words and by no others") {
    using ike::Level;
    for (const Level level :
         {Level::trace, Level::debug, Level::info, Level::warning, Level::error}) {
        CHECK(parse_level(name(level)) == level);
    }
    CHECK_FALSE(parse_level("warn"));
    CHECK_FALSE(parse_level(""));
}
