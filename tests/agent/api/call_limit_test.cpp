// SPDX-License-Identifier: Apache-2.0
#include "agent/api/call_limit.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace std::chrono_literals;

namespace {

constexpr ike::Instant start{1h};

unsigned allowed(CallLimit& limit, std::string_view sender, ike::Instant now) {
    unsigned count = 0;
    while (count < 1000 && limit.allows(sender, now)) {
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("a sender has a number of calls at once, and then one each interval") {
    CallLimit limit;
    CHECK(allowed(limit, ":1.7", start) == CallLimit::burst);
    CHECK(allowed(limit, ":1.7", start + CallLimit::interval / 2) == 0);
    CHECK(allowed(limit, ":1.7", start + CallLimit::interval) == 1);
    CHECK(allowed(limit, ":1.7", start + 5 * CallLimit::interval) == 4);
    CHECK(allowed(limit, ":1.7", start + 10min) == CallLimit::burst);
}

TEST_CASE("calls beyond the limit do not put off the next that is allowed") {
    CallLimit limit;
    CHECK(allowed(limit, ":1.7", start) == CallLimit::burst);
    for (int count = 0; count < 100; ++count) {
        CHECK_FALSE(limit.allows(":1.7", start + CallLimit::interval / 2));
    }
    CHECK(limit.allows(":1.7", start + CallLimit::interval));
}

TEST_CASE("what one sender calls takes nothing from another") {
    CallLimit limit;
    CHECK(allowed(limit, ":1.7", start) == CallLimit::burst);
    CHECK(allowed(limit, ":1.8", start) == CallLimit::burst);
}

TEST_CASE("senders beyond those that are kept apart share one allowance, until some are quiet") {
    CallLimit limit;
    for (std::size_t number = 0; number < CallLimit::most_senders; ++number) {
        CHECK(limit.allows(":1." + std::to_string(number), start));
    }
    CHECK(allowed(limit, ":2.1", start) == CallLimit::burst);
    CHECK(allowed(limit, ":2.2", start) == 0);
    CHECK(limit.allows(":1.1", start));
    CHECK(allowed(limit, ":2.2", start + 1min) == CallLimit::burst);
}

TEST_CASE("only calls that the bus's policy lets everyone make are limited") {
    CHECK(is_open_to_everyone("org.freedesktop.DBus.ObjectManager", "GetManagedObjects"));
    CHECK(is_open_to_everyone("org.freedesktop.DBus.Properties", "Get"));
    CHECK(is_open_to_everyone("org.freedesktop.DBus.Peer", "Ping"));
    CHECK(is_open_to_everyone("", "Status"));
    CHECK(is_open_to_everyone("net.roamd.Manager", "ListTunnels"));
    CHECK_FALSE(is_open_to_everyone("net.roamd.Manager", "Reload"));
    CHECK_FALSE(is_open_to_everyone("net.roamd.Tunnel", "Disconnect"));
}
