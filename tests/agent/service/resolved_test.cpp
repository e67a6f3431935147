// SPDX-License-Identifier: Apache-2.0
#include "agent/resolved.hpp"

#include "agent/bus.hpp"
#include "tests/agent/service/private_bus.hpp"
#include "tests/agent/turning.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <net/if.h>
#include <sys/socket.h>

#include <map>

using namespace agent;
using namespace agent_test;
using ike::IpAddress;

namespace {

using Address = sdbus::Struct<std::int32_t, std::vector<std::uint8_t>>;
using Domain = sdbus::Struct<std::string, bool>;

/// Remembers what it is told of each link; refuses those that it shall not know.
class FakeResolved {
  public:
    struct Link {
        std::vector<Address> servers;
        std::vector<Domain> domains;
        std::optional<bool> default_route;
    };

    FakeResolved(EventLoop& loop, const std::string& bus)
        : connection_(sdbus::createSessionBusConnectionWithAddress(bus)),
          object_(sdbus::createObject(*connection_, "/org/freedesktop/resolve1")) {
        constexpr const char* manager = "org.freedesktop.resolve1.Manager";
        object_->registerMethod("SetLinkDNS")
            .onInterface(manager)
            .implementedAs([this](std::int32_t index, const std::vector<Address>& servers) {
                if (refuses) {
                    throw sdbus::Error("org.freedesktop.resolve1.NoSuchLink", "Link not known");
                }
                links[index].servers = servers;
            });
        object_->registerMethod("SetLinkDomains")
            .onInterface(manager)
            .implementedAs([this](std::int32_t index, const std::vector<Domain>& domains) {
                if (refuses_domains) {
                    throw sdbus::Error("org.freedesktop.DBus.Error.InvalidArgs", "Invalid domain");
                }
                links[index].domains = domains;
            });
        object_->registerMethod("SetLinkDefaultRoute")
            .onInterface(manager)
            .implementedAs(
                [this](std::int32_t index, bool yes) { links[index].default_route = yes; });
        object_->registerMethod("RevertLink")
            .onInterface(manager)
            .implementedAs([this](std::int32_t index) { reverted = index; });
        object_->finishRegistration();
        connection_->requestName("org.freedesktop.resolve1");
        pump_ = std::make_unique<BusPump>(loop, *connection_, [] {});
    }

    std::map<int, Link> links;
    bool refuses = false;
    bool refuses_domains = false;
    int reverted = 0;

  private:
    std::unique_ptr<sdbus::IConnection> connection_;
    std::unique_ptr<sdbus::IObject> object_;
    std::unique_ptr<BusPump> pump_;
};

const NameServers office{
    .addresses = {*IpAddress::parse("10.20.0.53"), *IpAddress::parse("fd20::53")},
    .domains = {"corp.example.org"},
    .all_names = false,
    .left_out = {}};
const NameServers everything{.addresses = {*IpAddress::parse("10.20.0.53")},
                             .domains = {},
                             .all_names = true,
                             .left_out = {}};

/// roamd's side. "lo" stands for the device of the tunnel: the fake takes it.
struct Client {
    explicit Client(const PrivateBus& bus) {
        auto opened = open_bus({bus.address()});
        REQUIRE(opened);
        connection = std::move(*opened);
        resolved.attach(*connection);
        pump = std::make_unique<BusPump>(loop, *connection, [] {});
    }
    ~Client() { resolved.detach(); }

    bool until_used() {
        return until(loop, [this] { return resolved.used("lo"); });
    }
    /// What systemd-resolved knows once it has taken these.
    const FakeResolved::Link& taken(const NameServers& servers, const FakeResolved& fake) {
        resolved.set("lo", servers);
        REQUIRE(until_used());
        return fake.links.at(index);
    }

    EventLoop loop = *EventLoop::create();
    ike::NullLog log;
    int changes = 0;
    Resolved resolved{log, [this] { ++changes; }};
    std::unique_ptr<sdbus::IConnection> connection;
    std::unique_ptr<BusPump> pump;
    const int index = static_cast<int>(::if_nametoindex("lo"));
};

}  // namespace

TEST_CASE("systemd-resolved is told servers, domains, and that other names are not theirs alone") {
    const PrivateBus bus;
    Client client(bus);
    FakeResolved fake(client.loop, bus.address());
    const auto& link = client.taken(office, fake);
    CHECK(client.resolved.addresses() == office.addresses);
    CHECK(link.servers ==
          std::vector<Address>{
              {AF_INET, {10, 20, 0, 53}},
              {AF_INET6, {0xfd, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53}}});
    CHECK(link.domains == std::vector<Domain>{{"corp.example.org", false}});
    CHECK(link.default_route == false);
    CHECK(client.changes == 1);
}

TEST_CASE("a tunnel for all names has the root as its routing domain") {
    const PrivateBus bus;
    Client client(bus);
    FakeResolved fake(client.loop, bus.address());
    const auto& link = client.taken(everything, fake);
    CHECK(link.domains == std::vector<Domain>{{".", true}});
    CHECK(link.default_route == true);
}

TEST_CASE("servers without domains are asked beside those of the uplinks") {
    const PrivateBus bus;
    Client client(bus);
    FakeResolved fake(client.loop, bus.address());
    NameServers plain = office;
    plain.domains.clear();
    const auto& link = client.taken(plain, fake);
    CHECK(link.domains.empty());
    CHECK(link.default_route == true);
}

TEST_CASE("systemd-resolved may come late, go, and come again: it is told again") {
    const PrivateBus bus;
    Client client(bus);
    client.resolved.set("lo", office);
    REQUIRE(until(client.loop, [&] { return client.changes == 1; }));
    CHECK_FALSE(client.resolved.used("lo"));
    for (int round = 0; round < 2; ++round) {
        auto fake = std::make_unique<FakeResolved>(client.loop, bus.address());
        REQUIRE(client.until_used());
        CHECK(fake->links.at(client.index).servers.size() == 2);
        CHECK(fake->links.at(client.index).domains.size() == 1);
        fake.reset();
        REQUIRE(until(client.loop, [&] { return !client.resolved.used("lo"); }));
    }
}

TEST_CASE("name servers whose domains are refused are not in use, and taken back") {
    const PrivateBus bus;
    Client client(bus);
    FakeResolved fake(client.loop, bus.address());
    fake.refuses_domains = true;
    client.resolved.set("lo", office);
    REQUIRE(until(client.loop, [&] { return fake.reverted == client.index; }));
    CHECK(client.changes == 1);
    CHECK_FALSE(client.resolved.used("lo"));
    CHECK(client.resolved.addresses().empty());
}

TEST_CASE("a refusal is no use, and what was forgotten is not told again") {
    const PrivateBus bus;
    Client client(bus);
    {
        FakeResolved fake(client.loop, bus.address());
        fake.refuses = true;
        client.resolved.set("lo", office);
        REQUIRE(until(client.loop, [&] { return client.changes == 1; }));
        CHECK_FALSE(client.resolved.used("lo"));
    }
    client.resolved.forget("lo");
    client.resolved.set("no-such-device", office);
    FakeResolved fake(client.loop, bus.address());
    REQUIRE(until(client.loop, [&] { return client.changes == 2; }));  // it had left
    client.resolved.set("lo", everything);
    REQUIRE(client.until_used());
    CHECK(fake.links.size() == 1);
    CHECK(fake.links.at(client.index).servers.size() == 1);
}

TEST_CASE("a gateway that gives name servers no more takes them back") {
    const PrivateBus bus;
    Client client(bus);
    FakeResolved fake(client.loop, bus.address());
    (void)client.taken(office, fake);
    client.resolved.set("lo", {});
    CHECK(until(client.loop, [&] { return fake.reverted == 1; }));
    CHECK_FALSE(client.resolved.used("lo"));
    CHECK(client.resolved.addresses().empty());
}
