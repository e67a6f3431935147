// SPDX-License-Identifier: Apache-2.0
#include "agent/dns/resolved.hpp"

#include "agent/dbus/bus.hpp"
#include "tests/agent/api/bus_object.hpp"
#include "tests/agent/api/private_bus.hpp"
#include "tests/agent/turning.hpp"

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
          object_(*connection_, "/org/freedesktop/resolve1") {
        object_.property(manager, "DNS", [this] { return dns(); });
        object_.property(manager, "Domains", [this] { return domains(); });
        object_.method(manager, "SetLinkDNS",
                       [this](std::int32_t index, const std::vector<Address>& servers) {
                           if (refuses) {
                               throw netwatch::bus::error("org.freedesktop.resolve1.NoSuchLink",
                                                          "Link not known");
                           }
                           links[index].servers = servers;
                           ++told;
                           changed();
                       });
        object_.method(manager, "SetLinkDomains",
                       [this](std::int32_t index, const std::vector<Domain>& domains) {
                           if (refuses_domains) {
                               throw netwatch::bus::error("org.freedesktop.DBus.Error.InvalidArgs",
                                                          "Invalid domain");
                           }
                           links[index].domains = domains;
                       });
        object_.method(manager, "SetLinkDefaultRoute",
                       [this](std::int32_t index, bool yes) { links[index].default_route = yes; });
        object_.method(manager, "RevertLink", [this](std::int32_t index) { reverted = index; });
        object_.publish();
        connection_->requestName(netwatch::bus::ServiceName("org.freedesktop.resolve1"));
        pump_ = std::make_unique<BusPump>(loop, *connection_, [] {});
    }

    /// Says that something of `links` is another, as the real one does when servers are.
    void changed() {
        object_->emitPropertiesChangedSignal(manager,
                                             std::vector{netwatch::bus::PropertyName("DNS")});
    }

    std::map<int, Link> links;
    int told = 0;  // of servers
    bool refuses = false;
    bool refuses_domains = false;
    int reverted = 0;

  private:
    static constexpr const char* manager = "org.freedesktop.resolve1.Manager";

    using Server = sdbus::Struct<std::int32_t, std::int32_t, std::vector<std::uint8_t>>;
    using Name = sdbus::Struct<std::int32_t, std::string, bool>;

    [[nodiscard]] std::vector<Server> dns() const {
        std::vector<Server> all;
        for (const auto& [index, link] : links) {
            for (const Address& server : link.servers) {
                all.emplace_back(index, server.get<0>(), server.get<1>());
            }
        }
        return all;
    }
    [[nodiscard]] std::vector<Name> domains() const {
        std::vector<Name> all;
        for (const auto& [index, link] : links) {
            for (const Domain& domain : link.domains) {
                all.emplace_back(index, domain.get<0>(), domain.get<1>());
            }
        }
        return all;
    }

    std::unique_ptr<sdbus::IConnection> connection_;
    BusObject object_;
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
    /// The link as systemd-resolved knows it once it has taken these.
    const FakeResolved::Link& taken(const NameServers& servers, const FakeResolved& fake) {
        resolved.set("lo", servers);
        REQUIRE(until_used());
        return fake.links.at(index);
    }

    /// A systemd-resolved that comes later than the name servers: it is told of them once.
    std::unique_ptr<FakeResolved> told_once(const PrivateBus& bus, const NameServers& servers) {
        resolved.set("lo", servers);
        REQUIRE(until(loop, [this] { return changes >= 1; }));
        auto fake = std::make_unique<FakeResolved>(loop, bus.address());
        REQUIRE(until_used());
        REQUIRE(fake->told == 1);
        return fake;
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
}

TEST_CASE(
    "what somebody changes of a tunnel's name servers is put back, servers as well as domains") {
    const PrivateBus bus;
    Client client(bus);
    FakeResolved fake(client.loop, bus.address());
    (void)client.taken(office, fake);
    FakeResolved::Link& link = fake.links.at(client.index);
    const FakeResolved::Link right = link;
    for (const auto& other :
         {FakeResolved::Link{}, FakeResolved::Link{{{AF_INET, {192, 0, 2, 53}}}, right.domains, {}},
          FakeResolved::Link{right.servers, {}, {}}}) {
        const int told = fake.told;
        link = other;
        fake.changed();
        CHECK(until(client.loop, [&] { return fake.told > told && client.resolved.used("lo"); }));
        CHECK(link.servers == right.servers);
        CHECK(link.domains == right.domains);
    }
}

TEST_CASE(
    "somebody who changes them again and again wins, and it shows; what is right again is in use") {
    const PrivateBus bus;
    Client client(bus);
    const auto fake_there = client.told_once(bus, office);
    FakeResolved& fake = *fake_there;
    FakeResolved::Link& link = fake.links.at(client.index);
    const FakeResolved::Link right = link;
    for (int times = 1; times <= 5; ++times) {
        link = {};
        fake.changed();
        REQUIRE(until(client.loop, [&] { return fake.told > times && client.until_used(); }));
    }
    link = {};
    fake.changed();
    REQUIRE(until(client.loop, [&] { return !client.resolved.used("lo"); }));
    link = right;
    fake.changed();
    CHECK(client.until_used());
    CHECK(fake.told == 1 + 5);
}

TEST_CASE(
    "a tunnel for all names claims the domains of other links, too, also those that come later") {
    const PrivateBus bus;
    Client client(bus);
    FakeResolved fake(client.loop, bus.address());
    constexpr int wifi = 77;
    fake.links[wifi].domains = {{"com", false}, {".", true}};
    client.resolved.set("lo", everything);
    const auto claims = [&](const std::vector<Domain>& domains) {
        return until(client.loop, [&] {
            return client.resolved.used("lo") && fake.links[client.index].domains == domains;
        });
    };
    CHECK(claims({{".", true}, {"com", true}}));
    fake.links[wifi].domains.emplace_back("lan", false);
    fake.changed();
    CHECK(claims({{".", true}, {"com", true}, {"lan", true}}));
    fake.links.erase(wifi);
    fake.changed();
    CHECK(claims({{".", true}}));
}

TEST_CASE("a tunnel for some names claims nobody else's") {
    const PrivateBus bus;
    Client client(bus);
    const auto fake_there = client.told_once(bus, office);
    FakeResolved& fake = *fake_there;
    fake.links[77].domains = {{"com", false}};
    fake.changed();
    const int changes = client.changes;
    fake.links[client.index] = {};
    fake.changed();  // once this one is put back, the first is long dealt with
    REQUIRE(until(client.loop, [&] { return fake.told == 2 && client.until_used(); }));
    CHECK(client.changes > changes);
    CHECK(fake.links.at(client.index).domains == std::vector<Domain>{{"corp.example.org", false}});
}
