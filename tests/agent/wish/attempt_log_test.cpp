// SPDX-License-Identifier: Apache-2.0
#include "agent/wish/attempt_log.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace std::chrono_literals;

namespace {

const TunnelError unreachable{"gateway-unreachable", "no answer", ""};

}  // namespace

TEST_CASE("each attempt is kept with its network, its address, its number and its end") {
    AttemptLog log;
    log.begin("wlan0", "192.0.2.1", 1s);
    CHECK(log.under_way());
    log.fail(unreachable);
    CHECK_FALSE(log.under_way());
    log.begin("wwan0", "192.0.2.1", 6s);
    log.connected();
    REQUIRE(log.attempts().size() == 2);
    CHECK(log.attempts()[0] ==
          AttemptStatus{1, "wlan0", "192.0.2.1", 1s, "gateway-unreachable", "no answer"});
    CHECK(log.attempts()[1] == AttemptStatus{2, "wwan0", "192.0.2.1", 6s, attempt_connected, ""});
}

TEST_CASE("the loss of a connection is no attempt") {
    AttemptLog log;
    log.begin("wlan0", "192.0.2.1", 1s);
    log.connected();
    log.fail(unreachable);
    REQUIRE(log.attempts().size() == 1);
    CHECK(log.attempts()[0].result == attempt_connected);
}

TEST_CASE("after a connection the attempts are counted anew") {
    AttemptLog log;
    log.begin("wlan0", "192.0.2.1", 1s);
    log.connected();
    log.begin("wlan0", "192.0.2.1", 9s);
    CHECK(log.attempts().back().number == 1);
}

TEST_CASE("an attempt that did not get as far as a network is one, too") {
    AttemptLog log;
    log.begin("", "", 3s);
    log.fail({"gateway-name-unresolved", "no such name", ""});
    REQUIRE(log.attempts().size() == 1);
    CHECK(log.attempts()[0] ==
          AttemptStatus{1, "", "", 3s, "gateway-name-unresolved", "no such name"});
}

TEST_CASE("an attempt that another one takes the place of says so") {
    AttemptLog log;
    log.begin("wlan0", "192.0.2.1", 1s);
    log.begin("wwan0", "192.0.2.1", 2s);
    CHECK(log.attempts()[0].result == attempt_interrupted);
    CHECK(log.under_way());
}

TEST_CASE("a bounded number of attempts is kept, the newest ones") {
    AttemptLog log;
    for (std::size_t count = 0; count < 10 * AttemptLog::kept; ++count) {
        log.begin("wlan0", "192.0.2.1", 1s);
        log.fail(unreachable);
    }
    CHECK(log.attempts().size() == AttemptLog::kept);
    CHECK(log.attempts().back().number == 10 * AttemptLog::kept);
}
