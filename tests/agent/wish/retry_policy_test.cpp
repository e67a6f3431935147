// SPDX-License-Identifier: Apache-2.0
#include "agent/wish/retry_policy.hpp"

#include <doctest/doctest.h>

using namespace agent;

namespace {

constexpr double middle = 0.5;  // of the jitter: none
const ike::Instant start{};

std::chrono::seconds seconds(const Retry& retry) {
    return std::chrono::duration_cast<std::chrono::seconds>(retry.delay);
}

}  // namespace

TEST_CASE("the delay before another attempt doubles up to its bound") {
    RetryPolicy policy;
    for (const auto delay : {1s, 2s, 4s, 8s, 16s, 32s, 64s, 120s, 120s}) {
        CHECK(policy.failed(MendedBy::time, start, middle) == Retry{delay, false});
    }
}

TEST_CASE(
    "a failure that a person has to mend is tried soon at first, rarely later, and for ever") {
    RetryPolicy policy;
    ike::Instant now = start;
    int within_a_minute = 0;
    for (int attempt = 0; attempt < 100; ++attempt) {
        const Retry retry = policy.failed(MendedBy::person, now, middle);
        CHECK(retry.needs_person);
        now += retry.delay;
        within_a_minute += now - start < 1min ? 1 : 0;
    }
    CHECK(within_a_minute == 5);
    CHECK(policy.failed(MendedBy::person, now, middle).delay == RetryPolicy::longest_for_person);
}

TEST_CASE(
    "a refused login is tried again six times an hour at most, so that no account is locked") {
    RetryPolicy policy;
    ike::Instant now = start;
    int within_an_hour = 0;
    while (now - start < 1h) {
        const Retry retry = policy.failed(MendedBy::login, now, middle);
        CHECK(retry.needs_person);
        CHECK(retry.delay >= RetryPolicy::first_after_login);
        now += retry.delay;
        ++within_an_hour;
    }
    CHECK(within_an_hour == 6);
}

TEST_CASE("an error that may pass is asked within its own bound after one that needs a person") {
    RetryPolicy policy;
    for (int attempt = 0; attempt < 100; ++attempt) {
        (void)policy.failed(MendedBy::person, start, middle);
    }
    CHECK(policy.failed(MendedBy::time, start, middle).delay == RetryPolicy::longest);
}

TEST_CASE("chance varies the delay by its jitter to either side, and no more") {
    CHECK(RetryPolicy().failed(MendedBy::time, start, 0.0).delay == 750ms);
    CHECK(RetryPolicy().failed(MendedBy::time, start, 0.999).delay < 1250ms);
    CHECK(RetryPolicy().failed(MendedBy::time, start, 0.999).delay > 1240ms);
}

TEST_CASE("a connection that lasted starts the delays anew") {
    RetryPolicy policy;
    (void)policy.failed(MendedBy::time, start, middle);
    (void)policy.failed(MendedBy::time, start, middle);
    policy.connected(start);
    CHECK(seconds(policy.failed(MendedBy::time, start + RetryPolicy::lasting, middle)) == 1s);
}

TEST_CASE("connections that do not last let the delay grow as failures do") {
    RetryPolicy policy;
    ike::Instant now = start;
    int logins = 0;
    while (now < start + 20s) {
        policy.connected(now);
        ++logins;
        now += policy.failed(MendedBy::time, now + 50ms, middle).delay;
    }
    CHECK(logins == 5);
}

TEST_CASE("a connection counts once: the failures after its end make the delay grow") {
    RetryPolicy policy;
    policy.connected(start);
    const ike::Instant later = start + 1h;
    CHECK(seconds(policy.failed(MendedBy::time, later, middle)) == 1s);
    CHECK(seconds(policy.failed(MendedBy::time, later + 1h, middle)) == 2s);
}

TEST_CASE("after a planned end the next attempt follows at once") {
    RetryPolicy policy;
    ike::Instant now = start;
    for (int end = 0; end < 10; ++end) {
        policy.connected(now);
        now += RetryPolicy::lasting;
        CHECK(policy.ended_as_planned(now, middle) == Retry{});
    }
}

TEST_CASE("planned ends of short connections in a row are delayed as failures are") {
    RetryPolicy policy;
    for (unsigned end = 0; end < RetryPolicy::free_ends; ++end) {
        policy.connected(start);
        CHECK(policy.ended_as_planned(start, middle) == Retry{});
    }
    CHECK(seconds(policy.ended_as_planned(start, middle)) == 1s);
    CHECK(seconds(policy.ended_as_planned(start, middle)) == 2s);
}
