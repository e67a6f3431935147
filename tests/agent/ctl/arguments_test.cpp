// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/arguments.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace agent::ctl;

namespace {

std::variant<Request, ExitCode> parse(std::vector<const char*> words) {
    words.insert(words.begin(), "roamctl");
    return parse_arguments(static_cast<int>(words.size()), words.data());
}

}  // namespace

TEST_CASE("options stand before or behind the command") {
    for (const std::vector<const char*>& words :
         {std::vector<const char*>{"--json", "--bus", "session", "up", "home"},
          std::vector<const char*>{"up", "home", "--bus", "session", "--json"}}) {
        const auto parsed = parse(words);
        REQUIRE(std::holds_alternative<Request>(parsed));
        const auto& request = std::get<Request>(parsed);
        CHECK(request.context.json);
        CHECK(request.context.bus.text == "session");
        CHECK(request.name == "home");
        CHECK((request.run != nullptr));
    }
}

TEST_CASE("the system bus is asked, in text, unless said otherwise") {
    const auto parsed = parse({"status"});
    REQUIRE(std::holds_alternative<Request>(parsed));
    CHECK(std::get<Request>(parsed).context.bus.text == "system");
    CHECK_FALSE(std::get<Request>(parsed).context.json);
    CHECK(std::get<Request>(parsed).name.empty());
}

TEST_CASE("--ask takes the terminal unless it says stdin, and no tunnel's name") {
    const auto asked = parse({"up", "--ask", "home"});
    REQUIRE(std::holds_alternative<Request>(asked));
    CHECK(std::get<Request>(asked).ask == "terminal");
    CHECK(std::get<Request>(asked).name == "home");
    const auto piped = parse({"up", "home", "--ask=stdin", "--remember"});
    REQUIRE(std::holds_alternative<Request>(piped));
    CHECK(std::get<Request>(piped).ask == "stdin");
    CHECK(std::get<Request>(piped).up.remember);
    const auto nobody = parse({"up", "home"});
    CHECK(std::get<Request>(nobody).ask.empty());
    const auto secret = parse({"secret", "home", "--stdin"});
    REQUIRE(std::holds_alternative<Request>(secret));
    CHECK(std::get<Request>(secret).secret.source == SecretSource::standard_input);
}

TEST_CASE("wrong arguments end with exit code 2, help with 0") {
    for (const std::vector<const char*>& words :
         {std::vector<const char*>{}, std::vector<const char*>{"up"},
          std::vector<const char*>{"nonsense"}, std::vector<const char*>{"list", "--jsn"},
          std::vector<const char*>{"up", "home", "--ask=file"},
          std::vector<const char*>{"secret", "home", "--stdin", "--cancel"},
          std::vector<const char*>{"check"}, std::vector<const char*>{"up", "home", "office"}}) {
        const auto parsed = parse(words);
        REQUIRE(std::holds_alternative<ExitCode>(parsed));
        CHECK(std::get<ExitCode>(parsed) == exit_usage);
    }
    CHECK(std::get<ExitCode>(parse({"--help"})) == exit_done);
    CHECK(std::get<ExitCode>(parse({"--version"})) == exit_done);
}
