// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/installed_network.hpp"

#include "tests/agent/child_sa_pair.hpp"
#include "tests/seeded_random.hpp"
#include "tests/sim/laptop/machine.hpp"
#include "tests/sim/laptop/virtual_time.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>

using namespace agent;

namespace {

constexpr std::uint32_t number = 29280;

ike::IpAddress ip(const char* text) {
    return *ike::IpAddress::parse(text);
}

const std::vector<ike::IpAddress> gateways{ip("192.0.2.1")};
const ike::Path by_wifi{{2}, {ip("10.1.0.2"), 4500}, {ip("192.0.2.1"), 4500}};

class Silence final : public ike::Log {
    void write(ike::Level, std::string_view, std::initializer_list<ike::Field>) override {}
};

ike::session::AssignedConfig assigned() {
    ike::session::AssignedConfig config;
    config.addresses = {*ike::Prefix::parse("10.99.0.7/32")};
    config.dns = {ip("10.20.0.53")};
    return config;
}

/// A tunnel's part of a simulated machine.
struct Host {
    Host() {
        config.name = "office";
        config.child_sas = {{*ike::Prefix::parse("0.0.0.0/0"), *ike::Prefix::parse("::/0")}};
    }

    ike::Result<void, SystemError> open(bool keeps_block = false) {
        DataPlaneEvents events;
        events.first_inbound = [](ike::ChildSpi, const ike::Path&, std::chrono::nanoseconds) {};
        return network.open(
            events, [](bool) {}, keeps_block);
    }
    /// As after IKE_AUTH and its first Child SA.
    ike::Result<void, SystemError> install(std::uint8_t spi) {
        auto sa = test::laptops_child_sa(spi, by_wifi);
        network.grant(sa, true);
        return network.install(std::move(sa), true, gateways, 1500);
    }
    void connect() {
        REQUIRE(open().ok());
        network.assign(assigned());
        REQUIRE(install(1).ok());
    }

    /// An ESP packet comes in.
    void receive() {
        const auto& sa = *machine.plane()->installed().front();
        REQUIRE(machine.plane()->carry_in({sa.inbound, ++sequence, sa.key_in, sequence}, by_wifi));
    }

    std::uint64_t sequence = 0;
    sim::VirtualTime time;
    tests::SeededRandom random{1};
    sim::Wishes wishes;
    sim::DeviceNames name_servers;
    std::vector<std::string> violations;
    sim::Machine machine{time,
                         random,
                         wishes,
                         {[](const ike::Path&, ike::ByteView) { return true; },
                          [](const ike::Path&, bool, const sim::EspTag&) {},
                          [this](const std::string& what) { violations.push_back(what); }}};
    Silence log;
    TunnelConfig config;
    InstalledNetwork network{machine, name_servers, log, config, number};
};

}  // namespace

TEST_CASE("a Child SA that is installed brings addresses, routes and name servers with it") {
    Host host;
    host.connect();
    const TunnelNetwork* applied = host.machine.applied();
    REQUIRE(applied != nullptr);
    CHECK(applied->addresses == std::vector{ip("10.99.0.7")});
    CHECK(applied->gateways == gateways);
    CHECK(applied->device == host.network.device());
    CHECK(host.name_servers.all().at("roamd0").addresses == std::vector{ip("10.20.0.53")});
    CHECK(host.network.name_servers_used());
    REQUIRE(host.network.child_sas().size() == 1);
    CHECK(host.network.child_sas().front().remote_ts.front() == "10.20.0.0/16");
    CHECK(host.network.own_devices() == netwatch::DeviceNames{"roamd0"});
}

TEST_CASE("a Child SA whose routes are refused is not there") {
    Host host;
    REQUIRE(host.open().ok());
    host.network.assign(assigned());
    host.machine.refuse_routes(1);
    const auto refused = host.install(1);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == ENOMEM);
    CHECK(host.network.child_sas().empty());
    CHECK(host.machine.plane()->installed().empty());
    CHECK(host.name_servers.all().empty());
}

TEST_CASE("a gateway that assigns addresses anew has granted nothing yet") {
    Host host;
    host.connect();
    const netwatch::Snapshot nothing;
    GuardFacts facts{.network = nothing};
    host.network.describe(facts);
    CHECK_FALSE(facts.granted.empty());
    host.network.assign(assigned());
    GuardFacts then{.network = nothing};
    host.network.describe(then);
    CHECK(then.granted.empty());
    CHECK(then.addresses == std::vector{ip("10.99.0.7")});
}

TEST_CASE("inbound packets are counted once, and a plane that is made anew begins with none") {
    Host host;
    host.connect();
    CHECK_FALSE(host.network.has_uncounted_inbound());
    host.receive();
    CHECK(host.network.has_uncounted_inbound());
    CHECK(host.network.count_inbound());
    CHECK_FALSE(host.network.count_inbound());
    host.receive();
    host.network.disregard_inbound();
    CHECK_FALSE(host.network.count_inbound());

    host.network.close(false);
    host.connect();
    host.receive();
    CHECK(host.network.count_inbound());
}

TEST_CASE("granted networks are forgotten when all is closed") {
    Host host;
    host.connect();
    host.network.close(false);
    const netwatch::Snapshot nothing;
    GuardFacts facts{.network = nothing};
    host.network.describe(facts);
    CHECK(facts.granted.empty());
}

TEST_CASE("closing leaves nothing, or what blocks") {
    Host host;
    host.connect();
    host.network.close(false);
    CHECK(host.machine.plane() == nullptr);
    CHECK(host.machine.left().empty());
    CHECK(host.name_servers.all().empty());
    CHECK(host.network.virtual_addresses().empty());
    CHECK(host.network.device().empty());
    host.network.remove_child_sas();  // none: the plane is gone

    Host other;
    other.connect();
    other.network.close(true);
    CHECK(other.machine.left().contains(number));
}

TEST_CASE("the block of an earlier run holds until the first Child SA is installed") {
    Host host;
    TunnelNetwork left;
    left.device = "roamd7";
    left.addresses = {ip("10.99.0.9")};
    host.machine.leave(number, left);
    host.network.take_stale_block();
    const netwatch::Snapshot nothing;
    GuardFacts facts{.network = nothing};
    host.network.describe(facts);
    CHECK(facts.device == "roamd7");
    CHECK(facts.addresses == left.addresses);
    REQUIRE(host.open().ok());
    host.network.assign(assigned());
    CHECK(host.machine.left().contains(number));
    REQUIRE(host.install(1).ok());
    CHECK(host.machine.left().empty());
    CHECK_FALSE(host.network.has_stale_block());
}

TEST_CASE("another data plane is made at the next opening, and what the old one blocked stays") {
    Host host;
    host.connect();
    const sim::EspPlane* const first = host.machine.plane();
    REQUIRE(host.open(true).ok());
    CHECK(host.machine.plane() == first);
    host.network.remove_child_sas();
    host.network.use_another_plane();
    host.machine.use(sim::PlaneKind::xfrm);
    REQUIRE(host.open(true).ok());
    CHECK(host.network.plane().name() == "xfrm");
    CHECK(host.machine.left().contains(number));
    CHECK(host.network.plane_name() == "tun");  // it shows what carried last
    host.network.assign(assigned());
    CHECK(host.network.plane_name() == "xfrm");
    REQUIRE(host.install(2).ok());
    CHECK(host.machine.left().empty());
    CHECK(host.violations.empty());
}

TEST_CASE("the name servers follow a device that was made anew") {
    Host host;
    host.connect();
    host.machine.plane()->lose_device();
    REQUIRE(host.machine.touch());
    REQUIRE(host.network.follow_device());
    host.network.set_name_servers();
    CHECK(host.network.device() == "roamd1");
    CHECK(host.name_servers.all().size() == 1);
    CHECK(host.name_servers.all().contains("roamd1"));
}

TEST_CASE("no name servers are set for a tunnel without a device") {
    Host host;
    host.connect();
    host.network.close(false);
    CHECK_FALSE(host.network.follow_device());
    host.network.set_name_servers();
    CHECK(host.name_servers.all().empty());
}

TEST_CASE("Child SAs of a session that is replaced are removed one by one by the caller") {
    Host host;
    host.connect();
    const auto before = host.network.give_away_child_sas();
    REQUIRE(before.size() == 1);
    REQUIRE(host.install(2).ok());
    CHECK(host.machine.plane()->installed().size() == 2);
    host.network.plane().remove(before.front().inbound);
    REQUIRE(host.network.child_sas().size() == 1);
    host.network.remove_child_sas();
    CHECK(host.machine.plane()->installed().empty());
}

TEST_CASE(
    "an object that cannot be put back is an error, one taken away again and again a lesser one") {
    Host host;
    host.connect();
    CHECK_FALSE(host.network.error());
    host.machine.fight(true);
    CHECK(host.network.error().value().reason == "own-state-fought");
    host.machine.refuse_routes(1);
    CHECK_FALSE(host.machine.touch());
    CHECK(host.network.error().value().reason == "own-state-lost");
    CHECK(host.network.fault());
    CHECK(host.machine.touch());
    CHECK_FALSE(host.network.fault());
}
