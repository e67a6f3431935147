// SPDX-License-Identifier: Apache-2.0
#include "ike/session/sa/renewal.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::session;
using namespace std::chrono_literals;
using enum Renewal::Step;

namespace {

const Instant connected{1000s};
const Failure refused{Reason::rekey_refused, "refused"};

}  // namespace

TEST_CASE("with nothing said no other IKE SA is needed") {
    Renewal renewal(connected);
    CHECK_FALSE(renewal.deadline());
    CHECK(renewal.due(connected + 24h) == none);
}

TEST_CASE(
    "another IKE SA is made at nine tenths of AUTH_LIFETIME, this one ends at 95 % [RFC4478-3]") {
    Renewal renewal(connected);
    renewal.authentication_lasts(1000s, connected);
    CHECK(renewal.deadline() == connected + 900s);
    CHECK(renewal.due(connected + 900s - 1ns) == none);
    CHECK(renewal.due(connected + 900s) == tell);
    CHECK(renewal.deadline() == connected + 950s);
    CHECK(renewal.due(connected + 950s - 1ns) == none);
    CHECK(renewal.due(connected + 950s) == end);
    CHECK(renewal.why().reason == Reason::reauthentication_due);
    CHECK_FALSE(renewal.deadline());
    CHECK(renewal.due(connected + 24h) == none);
}

TEST_CASE("two seconds to connect are left however late the deadline is noticed") {
    Renewal renewal(connected);
    renewal.authentication_lasts(1000s, connected);
    CHECK(renewal.due(connected + 2000s) == tell);
    CHECK(renewal.due(connected + 2002s - 1ns) == none);
    CHECK(renewal.due(connected + 2002s) == end);
}

TEST_CASE("a new AUTH_LIFETIME replaces the one before, told or not [RFC4478-3]") {
    Renewal renewal(connected);
    renewal.authentication_lasts(1000s, connected);
    CHECK(renewal.due(connected + 900s) == tell);
    renewal.authentication_lasts(1000s, connected + 910s);
    CHECK(renewal.deadline() == connected + 1810s);
    CHECK(renewal.due(connected + 960s) == none);
}

TEST_CASE(
    "an AUTH_LIFETIME counts from the connect for five seconds at least, and never overflows") {
    for (const Duration lifetime : {Duration(-1s), Duration(0s), Duration(5s)}) {
        Renewal renewal(connected);
        renewal.authentication_lasts(lifetime, connected + 1s);
        CHECK(renewal.deadline() >= connected + 5s);
        CHECK(renewal.deadline() <= connected + 6s);
    }
    Renewal renewal(connected);
    renewal.authentication_lasts(std::chrono::seconds(0xffffffffU), connected);
    CHECK(renewal.deadline() > connected + 24h * 365);
    renewal.authentication_lasts(0s, connected + 1h);
    CHECK(renewal.due(connected + 1h) == tell);
}

TEST_CASE(
    "what wants another IKE SA for another reason says so at once and ends after its patience") {
    Renewal renewal(connected);
    renewal.want(refused, 2min, connected + 10s);
    CHECK(renewal.due(connected + 10s) == tell);
    renewal.want({Reason::no_data, ""}, 10s, connected + 20s);  // the first one counts
    CHECK(renewal.due(connected + 130s - 1ns) == none);
    CHECK(renewal.due(connected + 130s) == end);
    CHECK(renewal.why().reason == Reason::rekey_refused);
}

TEST_CASE("a reason that has passed ends nothing, and leaves AUTH_LIFETIME alone") {
    Renewal renewal(connected);
    renewal.authentication_lasts(1000s, connected);
    renewal.want(refused, 2min, connected);
    CHECK(renewal.deadline() == connected);
    CHECK(renewal.due(connected) == tell);
    CHECK(renewal.deadline() == connected + 2min);
    renewal.unwant();
    CHECK(renewal.deadline() == connected + 900s);
    CHECK(renewal.due(connected + 899s) == none);
    CHECK(renewal.due(connected + 900s) == tell);
}
