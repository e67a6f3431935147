// SPDX-License-Identifier: Apache-2.0
#include "agent/config/json_tree.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace agent;

namespace {

JsonObject object_of(std::string_view text) {
    auto tree = parse_json(text);
    REQUIRE(tree.ok());
    return std::get<JsonObject>(tree->value);
}

}  // namespace

TEST_CASE("keys and values know their lines") {
    const JsonObject object = object_of("\n{\n \"a\":\n  \"x\", \"b\": true,\n\n \"c\": {}\n}\n");
    REQUIRE(object.size() == 3);
    CHECK(object[0].line == 3);
    CHECK(object[0].value.line == 4);
    CHECK(object[1].line == 4);
    CHECK(object[2].line == 6);
    CHECK(object[2].value.line == 6);
}

TEST_CASE("a number right before the end of a line stands on that line") {
    const JsonObject object = object_of("{\"a\": [1\n,2\n\n, -3.5e1\n]}");
    const auto& list = std::get<JsonArray>(object[0].value.value);
    REQUIRE(list.size() == 3);
    CHECK(list[0].line == 1);
    CHECK(list[1].line == 2);
    CHECK(list[2].line == 4);
}

TEST_CASE("a repeated key is kept twice, for its reader to see") {
    const JsonObject object = object_of("{\"a\": 1,\n\"a\": 2}");
    REQUIRE(object.size() == 2);
    CHECK(object[1].key == "a");
    CHECK(object[1].line == 2);
}

TEST_CASE("what is no JSON is refused with the line of the fault") {
    const auto fault = [](std::string_view text) { return parse_json(text).error().line; };
    CHECK(fault("{\n\"a\": 1,\n}") == 3);
    CHECK(fault("{\n // note\n}") == 2);
    CHECK(fault("{\"a\": 1}\n\nx") == 3);
    CHECK(fault("") == 1);
    CHECK(fault("{\n\"a\": \"\xff\"}") == 2);
    CHECK(fault("{\n\"a\": 1e999\n}") == 2);
}

TEST_CASE("what is said of text that is no UTF-8 is plain text itself") {
    for (const std::string text : {"{\"id\": \"O=M\xfcller\"}", "\xff\xfe{", "\xc3"}) {
        const auto parsed = parse_json(text);
        REQUIRE_FALSE(parsed.ok());
        CHECK(std::ranges::none_of(parsed.error().what,
                                   [](unsigned char byte) { return byte >= 0x80; }));
    }
}

TEST_CASE("nesting is bounded") {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    CHECK(parse_json(nested(max_json_depth)).ok());
    CHECK_FALSE(parse_json(nested(max_json_depth + 1)).ok());
    CHECK_FALSE(parse_json(std::string(60000, '[')).ok());
}

TEST_CASE("comments are passed over where people write, and the lines stay right") {
    constexpr std::string_view text = R"({ // the office
  /* "a": 1,
     two lines */ "b": "http://x", // not in a string
  "c": 2 // behind a number
  , /**/ "d": [ // first
    3 /* three */, 4
  ]
} // the end)";
    const auto tree = parse_json(text, Comments::ignored);
    REQUIRE(tree.ok());
    const auto& object = std::get<JsonObject>(tree->value);
    REQUIRE(object.size() == 3);
    CHECK(object[0].key == "b");
    CHECK(object[0].line == 3);
    CHECK(std::get<std::string>(object[0].value.value) == "http://x");
    CHECK(object[1].line == 4);
    CHECK(object[1].value.line == 4);
    CHECK(object[2].line == 5);
    const auto& list = std::get<JsonArray>(object[2].value.value);
    REQUIRE(list.size() == 2);
    CHECK(list[0].line == 6);
    CHECK(list[1].line == 6);
    CHECK_FALSE(parse_json(text).ok());
}

TEST_CASE("a fault behind comments has its line, and a comment without an end is one") {
    const auto late = parse_json("{\n// one\n/* two\n */ \"a\": }", Comments::ignored);
    REQUIRE_FALSE(late.ok());
    CHECK(late.error().line == 4);
    CHECK_FALSE(parse_json("{} /* for ever", Comments::ignored).ok());
    CHECK_FALSE(parse_json("{} / {}", Comments::ignored).ok());
    CHECK_FALSE(parse_json("{ # no\n}", Comments::ignored).ok());
}
