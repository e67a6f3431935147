// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scenario/story.hpp"
#include "tests/sim/world/setup.hpp"

#include <algorithm>

using namespace ike;
using namespace sim;
using namespace std::chrono_literals;
using session::ChildSaDown;
using session::ChildSaRefused;
using session::ChildSaRekeyed;
using session::ChildSaUp;
using session::MoveKind;
using wire::NotifyType;

// Several Child SAs of one IKE SA, RFC 7296 1.3.1.
namespace {

WorldConfig two_policies() {
    return {.tune = want_child_sa_per_network};
}

void connect_both(World& world) {
    REQUIRE(world.connect());
    REQUIRE(world.run_until([&world] { return world.count<ChildSaUp>() == 2; }, 1s));
}

std::vector<ChildSpi> spis(const World& world) {
    std::vector<ChildSpi> all;
    for (const Plane::Sa* sa : world.plane().installed()) {
        all.push_back(sa->inbound);
    }
    return all;
}

/// A packet of each policy, both ways.
void check_both_carry(World& world) {
    const Traffic up = world.up();
    const Traffic down = world.down();
    for (int each = 0; each < 2; ++each) {
        world.send_up();
        world.send_down();
    }
    world.run_for(1s);
    CHECK(world.up().received == up.received + 2);
    CHECK(world.down().received == down.received + 2);
}

}  // namespace

TEST_CASE("each policy gets a Child SA of its own, with its own selectors [RFC7296-1.3.1]") {
    World world(two_policies());
    connect_both(world);
    check_settles(world);
    REQUIRE(world.plane().sending(0) != nullptr);
    REQUIRE(world.plane().sending(1) != nullptr);
    CHECK(world.plane().sending(0)->remote_selectors.front().text() == "0.0.0.0/0");
    CHECK(world.plane().sending(1)->remote_selectors.front().text() == "::/0");
    CHECK(world.plane().sending(1)->local_selectors.size() == 1);
    CHECK(world.plane().sending(0)->key_in != world.plane().sending(1)->key_in);
    check_both_carry(world);
    check_clean(world);
}

TEST_CASE("all Child SAs roam with one UPDATE_SA_ADDRESSES, their SPIs stay [RFC4555-3.5]") {
    World world(two_policies());
    connect_both(world);
    const std::vector<ChildSpi> before = spis(world);
    world.network().uplink(wlan0).up = false;
    world.move(wwan0, MoveKind::forced);
    check_settles(world);
    CHECK(spis(world) == before);
    CHECK(heard(world, NotifyType::update_sa_addresses) == 1);
    check_both_carry(world);
    check_clean(world);
}

TEST_CASE("a Child SA is rekeyed by itself, the other one is left alone") {
    World world(two_policies());
    connect_both(world);
    check_both_carry(world);  // so the gateway knows that we have both
    const ChildSpi other = world.plane().sending(0)->inbound;
    SUBCASE("by us") {
        world.rekey_child(1);
    }
    SUBCASE("by the gateway") {
        world.wish(gateway::RekeyChildWish{world.gateway().sending_child(1)->inbound});
    }
    SUBCASE("by both at once") {
        world.wish(gateway::RekeyChildWish{world.gateway().sending_child(1)->inbound});
        world.rekey_child(1);
    }
    CHECK(world.run_until([&world] { return world.count<ChildSaRekeyed>() >= 1; }, 1s));
    world.run_for(2s);
    check_settles(world);
    CHECK(world.plane().sending(0)->inbound == other);
    CHECK(world.plane().installed().size() == 2);
    check_both_carry(world);
    check_clean(world);
}

TEST_CASE("a Child SA that the gateway deletes is made again, the other one goes on") {
    World world(two_policies());
    connect_both(world);
    const ChildSpi other = world.plane().sending(1)->inbound;
    world.wish(gateway::DeleteChildWish{world.gateway().sending_child(0)->inbound});
    world.run_for(100ms);
    CHECK(world.count<ChildSaDown>() == 1);
    CHECK(world.plane().sending(0) == nullptr);
    world.run_for(5s);
    check_settles(world);
    CHECK(world.count<ChildSaUp>() == 3);
    CHECK(world.last<ChildSaUp>()->sa.policy == 0);
    CHECK(world.plane().sending(1)->inbound == other);
    check_both_carry(world);
    check_clean(world);
}

TEST_CASE("a Child SA that the gateway refuses costs not the others, and is asked for seldom") {
    WorldConfig config = two_policies();
    config.gateway.refuse.rekey = NotifyType::ts_unacceptable;
    World world(std::move(config));
    REQUIRE(world.connect());
    REQUIRE(world.run_until([&world] { return world.count<ChildSaRefused>() == 1; }, 1s));
    CHECK(world.last<ChildSaRefused>()->policy == 1);
    CHECK(world.last<ChildSaRefused>()->notify == "TS_UNACCEPTABLE");
    world.run_for(50min);
    CHECK(world.connected());
    CHECK(world.count<ChildSaUp>() == 1);
    CHECK(world.count<ChildSaRefused>() >= 5);
    CHECK(world.count<ChildSaRefused>() <= 9);
    world.gateway().config().refuse.rekey.reset();
    CHECK(world.run_until([&world] { return world.count<ChildSaUp>() == 2; }, 17min));
    check_settles(world);
    check_both_carry(world);
}

TEST_CASE("all Child SAs outlive a rekey of their IKE SA [RFC7296-2.8]") {
    World world(two_policies());
    connect_both(world);
    const std::vector<ChildSpi> before = spis(world);
    world.rekey_ike();
    check_settles(world);
    CHECK(spis(world) == before);
    check_both_carry(world);
    check_clean(world);
}

TEST_CASE("the first Child SA refused leaves the IKE SA, and the others are made [RFC7296-1.2]") {
    gateway::Config config = gateway::default_config();
    config.refuse.first_child = wire::NotifyType::ts_unacceptable;
    World world({.gateway = config, .tune = want_child_sa_per_network});
    world.start();
    REQUIRE(world.run_until([&] { return world.count<session::ChildSaUp>() == 1; }, 5s));
    CHECK(world.connected());
    CHECK(world.last<session::ChildSaUp>()->sa.policy == 1);
    REQUIRE(world.count<session::ChildSaRefused>() == 1);
    CHECK(world.last<session::ChildSaRefused>()->policy == 0);
    // The refused one is asked for again, and made.
    REQUIRE(world.run_until([&] { return world.count<session::ChildSaUp>() == 2; }, 2min));
    check_settles(world);
}

TEST_CASE("all Child SAs refused are a tunnel that carries nothing, and its end [RFC7296-1.2]") {
    gateway::Config config = gateway::default_config();
    config.refuse.first_child = wire::NotifyType::ts_unacceptable;
    config.refuse.rekey = wire::NotifyType::ts_unacceptable;
    World world({.gateway = config, .tune = want_child_sa_per_network});
    world.start();
    REQUIRE(world.run_until([&] { return world.count<session::Closed>() == 1; }, 10s));
    CHECK(world.last<session::Closed>()->failure.reason == session::Reason::ts_unacceptable);
    CHECK(world.last<session::Closed>()->failure.unconfirmed == std::nullopt);
}
