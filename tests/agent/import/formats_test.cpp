// SPDX-License-Identifier: Apache-2.0
#include "agent/import/formats.hpp"

#include "tests/agent/import/profiles.hpp"

#include <doctest/doctest.h>

using namespace agent::profile;

namespace {

std::string text_of(const Members& members, std::string_view key) {
    return NodeReader(members, "").text(key);
}

}  // namespace

TEST_CASE("XML becomes members by element, without prefixes and attributes") {
    const auto members =
        parse_xml("<?xml version=\"1.0\"?>\n<a><b x=\"1\"> t &amp; u </b><n:c><d/></n:c></a>");
    REQUIRE(members.ok());
    CHECK(text_of(*members, "b") == "t & u");
    CHECK(NodeReader(*members, "").members("c") != nullptr);
}

TEST_CASE("XML with entities of its own, too deep, too large or broken is refused with its line") {
    CHECK(parse_xml("<!DOCTYPE a [<!ENTITY x \"y\">]>\n<a>&x;</a>")
              .error()
              .find("declares entities") != std::string::npos);
    CHECK(parse_xml("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>")
              .error()
              .find("declares entities") != std::string::npos);
    std::string deep;
    for (std::size_t level = 0; level <= max_depth; ++level) {
        deep += "<a>";
    }
    CHECK(parse_xml(deep).error().find("too many") != std::string::npos);
    std::string wide = "<a>";
    for (std::size_t each = 0; each <= max_nodes; ++each) {
        wide += "<b/>";
    }
    CHECK(parse_xml(wide + "</a>").error().find("too many") != std::string::npos);
    CHECK(parse_xml("<a>\n</b>").error().starts_with("line 2: "));
    CHECK_FALSE(parse_xml("").ok());
}

TEST_CASE("a property list has keys and values in turn") {
    const auto members = parse_plist(
        "<plist><dict><key>a</key><string>x</string><key>b</key><true/><key>c</key><data>QUI=</"
        "data>"
        "<key>d</key><array><integer>1</integer></array></dict></plist>");
    REQUIRE(members.ok());
    NodeReader reader(*members, "");
    CHECK(reader.text("a") == "x");
    CHECK(reader.flag("b"));
    CHECK(reader.bytes("c") == ike::Bytes{'A', 'B'});
    CHECK(reader.texts("d") == std::vector<std::string>{"1"});
    CHECK_FALSE(parse_plist("<plist><dict><key>a</key></dict></plist>").ok());
    CHECK_FALSE(parse_plist("<plist><dict><string>a</string><key>b</key></dict></plist>").ok());
    CHECK_FALSE(parse_plist("<plist><array/></plist>").ok());
    CHECK_FALSE(parse_plist("<plist><dict><key>a</key><data>!</data></dict></plist>").ok());
}

TEST_CASE("settings have sections in braces, comments and quoted values") {
    const auto members = parse_settings(
        "# all\nconnections {\n  a { x = 1 # one\n y=\"two } # three\"\n  }\n}\nb = c d\n");
    REQUIRE(members.ok());
    CHECK(text_of(*members, "b") == "c d");
    const Members* connections = NodeReader(*members, "").members("connections");
    REQUIRE(connections != nullptr);
    const Members* a = NodeReader(*connections, "").members("a");
    REQUIRE(a != nullptr);
    CHECK(text_of(*a, "x") == "1");
    CHECK(text_of(*a, "y") == "two } # three");
    for (const char* broken :
         {"a {", "a { b", "}", "a = 1 }", "include x.conf\n", "a : b {\n}", "a", "= 1"}) {
        CAPTURE(broken);
        CHECK_FALSE(parse_settings(broken).ok());
    }
    CHECK(parse_settings("x = 1\n\ninclude y\n").error().starts_with("line 3: "));
    CHECK_FALSE(parse_settings(std::string(1000, '{')).ok());
    std::string deep;
    for (std::size_t level = 0; level <= max_depth + 1; ++level) {
        deep += "a {";
    }
    CHECK(parse_settings(deep).error().find("too many") != std::string::npos);
}

TEST_CASE("a key file has groups, and GLib's escapes") {
    const auto members = parse_key_file("# x\n[a]\nb = c\\sd\\n\n\n[e]\nf=g=h\n");
    REQUIRE(members.ok());
    CHECK(text_of(*NodeReader(*members, "").members("a"), "b") == "c d");
    CHECK(text_of(*NodeReader(*members, "").members("e"), "f") == "g=h");
    CHECK_FALSE(parse_key_file("b=c").ok());
    CHECK(parse_key_file("[a]\nb").error().starts_with("line 2: "));
}

TEST_CASE("base64 is whole, or none") {
    CHECK(from_base64("QUJD") == ike::Bytes{'A', 'B', 'C'});
    CHECK(from_base64(" Q U\nI= ") == ike::Bytes{'A', 'B'});
    CHECK(from_base64("QQ==") == ike::Bytes{'A'});
    for (const char* broken : {"", "Q", "QU", "QUI", "Q=I=", "QUJ=A", "Q===", "QUK=", "!AAA"}) {
        CAPTURE(broken);
        CHECK_FALSE(from_base64(broken));
    }
}
