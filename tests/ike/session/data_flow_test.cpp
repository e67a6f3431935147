// SPDX-License-Identifier: Apache-2.0
#include "ike/session/data_flow.hpp"

#include <doctest/doctest.h>

using ike::session::DataFlow;
using ike::session::FlowRemedy;
using namespace std::chrono_literals;

namespace {
constexpr ike::Instant start{1000s};
}

TEST_CASE("where nothing ever came in, nothing is missing") {
    DataFlow flow;
    CHECK(flow.missing(start) == FlowRemedy::none);
    flow.moved(start);
    CHECK(flow.missing(start + 1s) == FlowRemedy::none);
}

TEST_CASE(
    "what came in lately and does no more is asked after step by step, without starting over") {
    DataFlow flow;
    flow.came_in(start);
    CHECK(flow.missing(start + 1s) == FlowRemedy::update);
    CHECK(flow.missing(start + 1500ms) == FlowRemedy::none);
    CHECK(flow.missing(start + 2s) == FlowRemedy::rekey);
    CHECK(flow.missing(start + 10s) == FlowRemedy::none);
    flow.came_in(start + 20s);
    CHECK(flow.missing(start + 21s) == FlowRemedy::update);
    CHECK(flow.missing(start + 90s) == FlowRemedy::none);
}

TEST_CASE("after a move that nothing comes in since the last step is to start over") {
    DataFlow flow;
    flow.came_in(start);
    flow.moved(start + 1s);
    CHECK_FALSE(flow.is_missed());
    CHECK(flow.missing(start + 2s) == FlowRemedy::update);
    CHECK(flow.is_missed());
    CHECK(flow.missing(start + 3s) == FlowRemedy::rekey);
    CHECK(flow.missing(start + 22s) == FlowRemedy::none);
    CHECK(flow.missing(start + 23s) == FlowRemedy::reconnect);
    CHECK(flow.missing(start + 200s) == FlowRemedy::none);
}

TEST_CASE("a move is not to blame when nothing had come in for long") {
    DataFlow flow;
    flow.came_in(start);
    flow.moved(start + 61s);
    CHECK(flow.missing(start + 62s) == FlowRemedy::none);
}

TEST_CASE("what is missed after a move stays so over another one, until something comes in") {
    DataFlow flow;
    flow.came_in(start);
    CHECK(flow.missing(start + 1s) == FlowRemedy::update);
    CHECK_FALSE(flow.is_missed());  // perhaps nobody has to answer
    flow.came_in(start + 2s);
    flow.moved(start + 2s);
    CHECK(flow.missing(start + 3s) == FlowRemedy::update);
    flow.moved(start + 4s);
    CHECK(flow.is_missed());
    flow.came_in(start + 5s);
    CHECK_FALSE(flow.is_missed());
}
