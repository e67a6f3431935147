// SPDX-License-Identifier: Apache-2.0
#include "ike/session/liveness/data_flow.hpp"

#include <doctest/doctest.h>

#include <map>

using ike::Duration;
using ike::Instant;
using ike::session::DataFlow;
using ike::session::FlowRemedy;
using ike::session::FlowState;
using namespace std::chrono_literals;

namespace {

constexpr Instant start{1000s};

/// When each remedy is chosen first, if from now on we send and nothing comes in, and that is
/// noticed once a second.
std::map<FlowRemedy, Duration> remedies_in(DataFlow& flow, Instant from, Duration duration,
                                           const FlowState& state = {}) {
    std::map<FlowRemedy, Duration> chosen;
    for (Instant now = from; now <= from + duration; now += 1s) {
        chosen.try_emplace(flow.missing(now, state), now - from);
    }
    chosen.erase(FlowRemedy::none);
    return chosen;
}

using Chosen = std::map<FlowRemedy, Duration>;

}  // namespace

TEST_CASE("every silence leads through all remedies to another IKE SA, and then to a new one") {
    DataFlow flow;
    SUBCASE("nothing ever came in") {
        CHECK(remedies_in(flow, start, 90s) == Chosen{{FlowRemedy::update, 1s},
                                                      {FlowRemedy::rekey, 5s},
                                                      {FlowRemedy::succeed, 30s},
                                                      {FlowRemedy::reconnect, 60s}});
    }
    SUBCASE("something came in lately") {
        flow.came_in(start);
        CHECK(remedies_in(flow, start + 1s, 90s) == Chosen{{FlowRemedy::update, 0s},
                                                           {FlowRemedy::rekey, 1s},
                                                           {FlowRemedy::succeed, 30s},
                                                           {FlowRemedy::reconnect, 60s}});
    }
    SUBCASE("something came in lately, before a move") {
        flow.came_in(start);
        flow.moved(start + 1s);
        CHECK(remedies_in(flow, start + 2s, 90s) == Chosen{{FlowRemedy::update, 0s},
                                                           {FlowRemedy::rekey, 1s},
                                                           {FlowRemedy::succeed, 7s},
                                                           {FlowRemedy::reconnect, 22s}});
    }
}

TEST_CASE("when there is something to do next is known, in silence") {
    DataFlow flow;
    flow.came_in(start);
    flow.moved(start + 1s);
    CHECK(flow.missing(start + 2s, {}) == FlowRemedy::update);
    CHECK(flow.until_next({}) == 150ms);
    CHECK(flow.missing(start + 3s, {}) == FlowRemedy::rekey);
    CHECK(flow.until_next({}) == 6s);
    CHECK(flow.until_next({.reconnections = 1}) == 13s);
    CHECK(flow.missing(start + 9s, {}) == FlowRemedy::succeed);
    CHECK(flow.until_next({}) == 15s);
}

TEST_CASE("where ESP goes bare the first remedy is to have it go in UDP") {
    DataFlow flow;
    const Chosen chosen = remedies_in(flow, start, 10s, {.may_encapsulate = true});
    CHECK(chosen == Chosen{{FlowRemedy::encapsulate, 1s}, {FlowRemedy::rekey, 5s}});
}

TEST_CASE("each IKE SA in a row that brought nothing is given twice as long, up to an hour") {
    for (const auto& each : std::map<unsigned, Duration>{
             {1, 60s}, {2, 120s}, {3, 240s}, {6, 1920s}, {7, 3600s}, {1000, 3600s}}) {
        CAPTURE(each.first);
        DataFlow flow;
        const auto chosen = remedies_in(flow, start, 2h, {.reconnections = each.first});
        CHECK(chosen.at(FlowRemedy::succeed) == each.second);
    }
}

TEST_CASE("a day of a stream in one direction makes few IKE SAs") {
    unsigned made = 0;
    for (Instant now = start; now < start + 24h;) {
        DataFlow flow;  // of one IKE SA
        while (flow.missing(now, {.reconnections = made}) != FlowRemedy::succeed) {
            now += 10s;
        }
        ++made;
    }
    CHECK(made < 35);
}

TEST_CASE("what came in begins everything anew, and a pause of ours is no silence") {
    DataFlow flow;
    CHECK(flow.missing(start, {}) == FlowRemedy::none);
    CHECK(flow.missing(start + 1s, {}) == FlowRemedy::update);
    CHECK(flow.missing(start + 1h, {}) == FlowRemedy::rekey);  // counts for 10 s
    CHECK(flow.missing(start + 2h, {}) == FlowRemedy::none);
    CHECK(flow.missing(start + 3h, {}) == FlowRemedy::succeed);
    flow.came_in(start + 3h);
    CHECK(flow.missing(start + 3h + 1s, {}) == FlowRemedy::update);
}

TEST_CASE("that nothing comes in is said at once after a move, else after ten seconds") {
    DataFlow flow;
    flow.came_in(start);
    remedies_in(flow, start + 1s, 9s);
    CHECK_FALSE(flow.is_missed());  // perhaps nobody has to answer
    flow.missing(start + 11s, {});
    CHECK(flow.is_missed());
    flow.came_in(start + 12s);
    CHECK_FALSE(flow.is_missed());
    flow.moved(start + 13s);
    flow.missing(start + 14s, {});
    CHECK(flow.is_missed());
    flow.moved(start + 15s);
    CHECK(flow.is_missed());
    flow.came_in(start + 16s);
    CHECK_FALSE(flow.is_missed());
}

TEST_CASE("a new IKE SA that was made because nothing came in says so from the first silence on") {
    DataFlow flow;
    flow.missing(start, {.reconnections = 1});
    CHECK(flow.is_missed());
}

TEST_CASE("a move is not to blame when nothing had come in for long") {
    DataFlow flow;
    flow.came_in(start);
    flow.moved(start + 61s);
    CHECK(remedies_in(flow, start + 62s, 40s).at(FlowRemedy::succeed) == 30s);
}

TEST_CASE("streams that are answered now and then have their Child SAs rekeyed ever less often") {
    DataFlow flow;
    Instant now = start;
    flow.came_in(now);
    int rekeys = 0;
    for (int answers = 0; answers < 100; ++answers) {
        rekeys += static_cast<int>(remedies_in(flow, now, 15s).contains(FlowRemedy::rekey));
        flow.came_in(now += 20s);
    }
    CHECK(rekeys < 8);
}

TEST_CASE("a rekey after a move that nothing came in before is known to have helped") {
    DataFlow flow;
    flow.came_in(start);
    flow.moved(start + 1s);
    CHECK(flow.carries_moved_children());
    remedies_in(flow, start + 2s, 1s);
    CHECK_FALSE(flow.carries_moved_children());
    CHECK(flow.came_in(start + 4s));
    flow.moved(start + 5s);
    flow.rekeyed();  // at once, as this gateway needs it
    CHECK_FALSE(flow.came_in(start + 6s));
}

TEST_CASE("data that comes in after a move does not renew the Child SAs") {
    DataFlow flow;
    CHECK_FALSE(flow.carries_moved_children());
    SUBCASE("after data that came lately") {
        flow.came_in(start);
    }
    SUBCASE("after hours of silence") {}
    flow.moved(start + 1s);
    flow.came_in(start + 1s);
    CHECK(flow.carries_moved_children());
    flow.rekeyed();
    CHECK_FALSE(flow.carries_moved_children());
    flow.moved(start + 2s);
    CHECK(flow.carries_moved_children());
}
