// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"

using namespace ike;
using namespace sim;
using session::Closed;
using session::Connected;
using session::Reason;
using wire::ExchangeType;
using wire::NotifyType;

TEST_CASE("a connection takes exactly four messages [RFC7296-1.2]") {
    World world;
    REQUIRE(world.connect());
    CHECK(world.sent().size() == 2);
    CHECK(world.received().size() == 2);
    CHECK(world.count<session::ChildSaUp>() == 1);
    check_clean(world);
    CHECK(world.difference() == "");
}
