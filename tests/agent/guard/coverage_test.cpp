// SPDX-License-Identifier: Apache-2.0
#include "agent/guard/coverage.hpp"

#include <doctest/doctest.h>

#include <initializer_list>

using namespace agent::guard;
using ike::Family;

namespace {

std::vector<ike::Prefix> prefixes(std::initializer_list<const char*> texts) {
    std::vector<ike::Prefix> list;
    for (const char* const text : texts) {
        list.push_back(*ike::Prefix::parse(text));
    }
    return list;
}

const auto everything = prefixes({"0.0.0.0/0", "::/0"});

}  // namespace

TEST_CASE("two halves of a family cover it as a whole") {
    CHECK(cover_all(prefixes({"0.0.0.0/1", "128.0.0.0/1"}), Family::ipv4));
    CHECK(cover_all(prefixes({"::/2", "4000::/2", "8000::/1"}), Family::ipv6));
    CHECK_FALSE(cover_all(prefixes({"0.0.0.0/1", "128.0.0.0/2"}), Family::ipv4));
    CHECK_FALSE(cover_all(prefixes({"0.0.0.0/0"}), Family::ipv6));
    CHECK_FALSE(cover_all({}, Family::ipv4));
}

TEST_CASE("a host is covered by itself, and not by its neighbour") {
    CHECK(cover(prefixes({"10.0.0.1/32"}), *ike::Prefix::parse("10.0.0.1/32")));
    CHECK_FALSE(cover(prefixes({"10.0.0.0/32"}), *ike::Prefix::parse("10.0.0.1/32")));
    CHECK(cover(prefixes({"10.0.0.0/32", "10.0.0.1/32"}), *ike::Prefix::parse("10.0.0.0/31")));
}

TEST_CASE("a gateway that narrows what is wanted narrows not what is covered") {
    CHECK(covered_by({everything}, prefixes({"10.0.0.0/8"})) == everything);
    CHECK(covered_by({prefixes({"10.0.0.0/8"})}, prefixes({"10.1.0.0/16"})) ==
          prefixes({"10.0.0.0/8"}));
    CHECK(covered_by({prefixes({"10.0.0.0/8"}), prefixes({"fd20::/64"})},
                     prefixes({"10.0.0.0/8"})) == prefixes({"10.0.0.0/8", "fd20::/64"}));
}

TEST_CASE("one family as a whole covers the other one, too") {
    CHECK(covered_by({prefixes({"0.0.0.0/0"})}, {}) == everything);
    CHECK(covered_by({prefixes({"::/1", "8000::/1"})}, {}) == everything);
    CHECK(covered_by({prefixes({"10.0.0.0/8"})}, {}) == prefixes({"10.0.0.0/8"}));
}
