// SPDX-License-Identifier: Apache-2.0
#include "agent/dns/system_name_servers.hpp"

#include "agent/dbus/bus.hpp"
#include "tests/agent/api/bus_object.hpp"
#include "tests/agent/api/private_bus.hpp"
#include "tests/agent/turning.hpp"

#include <future>
#include <map>

using namespace agent;
using namespace agent_test;
using ike::IpAddress;

namespace {

using Dictionary = std::map<std::string, sdbus::Variant>;
using Names = std::vector<std::string>;

/// Keeps the global DNS configuration that it is given, as the real one does over its own end.
class FakeNetworkManager {
  public:
    FakeNetworkManager(EventLoop& loop, const std::string& bus, Dictionary stored = {})
        : configuration(std::move(stored)),
          connection_(sdbus::createSessionBusConnectionWithAddress(bus)),
          object_(*connection_, "/org/freedesktop/NetworkManager") {
        object_.property(
            manager, "GlobalDnsConfiguration",
            [this] {
                ++asked;
                return configuration;
            },
            [this](const Dictionary& value) {
                if (refuses) {
                    throw netwatch::bus::error("org.freedesktop.NetworkManager.Error",
                                               "Not authorized");
                }
                ++told;
                configuration = value;
            });
        object_.publish();
        connection_->requestName(netwatch::bus::ServiceName(manager));
        pump_ = std::make_unique<BusPump>(loop, *connection_, [] {});
    }

    void change(Dictionary to) {
        configuration = std::move(to);
        object_->emitPropertiesChangedSignal(
            manager, std::vector{netwatch::bus::PropertyName("GlobalDnsConfiguration")});
    }

    [[nodiscard]] Names servers() const { return of_every_name("servers"); }
    [[nodiscard]] Names searches() const {
        const auto found = configuration.find("searches");
        return found == configuration.end() ? Names{} : found->second.get<Names>();
    }

    Dictionary configuration;
    int told = 0;
    int asked = 0;
    bool refuses = false;

  private:
    static constexpr const char* manager = "org.freedesktop.NetworkManager";

    [[nodiscard]] Names of_every_name(const std::string& key) const {
        const auto domains = configuration.find("domains");
        if (domains == configuration.end()) {
            return {};
        }
        const auto every = domains->second.get<Dictionary>().at("*").get<Dictionary>();
        return every.at(key).get<Names>();
    }

    std::unique_ptr<sdbus::IConnection> connection_;
    BusObject object_;
    std::unique_ptr<BusPump> pump_;
};

/// A systemd-resolved that takes whatever it is told.
class FakeResolved {
  public:
    FakeResolved(EventLoop& loop, const std::string& bus)
        : connection_(sdbus::createSessionBusConnectionWithAddress(bus)),
          object_(*connection_, "/org/freedesktop/resolve1") {
        using Addresses = std::vector<sdbus::Struct<std::int32_t, std::vector<std::uint8_t>>>;
        using Domains = std::vector<sdbus::Struct<std::string, bool>>;
        object_.method(manager, "SetLinkDNS", [](std::int32_t, const Addresses&) {});
        object_.method(manager, "SetLinkDomains", [](std::int32_t, const Domains&) {});
        object_.method(manager, "SetLinkDefaultRoute", [](std::int32_t, bool) {});
        object_.publish();
        connection_->requestName(netwatch::bus::ServiceName("org.freedesktop.resolve1"));
        pump_ = std::make_unique<BusPump>(loop, *connection_, [] {});
    }

  private:
    static constexpr const char* manager = "org.freedesktop.resolve1.Manager";

    std::unique_ptr<sdbus::IConnection> connection_;
    BusObject object_;
    std::unique_ptr<BusPump> pump_;
};

const NameServers everything{
    .addresses = {*IpAddress::parse("10.20.0.53"), *IpAddress::parse("fd20::53")},
    .domains = {"corp.example.org"},
    .all_names = true,
    .left_out = {}};
const Names addresses{"10.20.0.53", "fd20::53"};

Dictionary somebodys() {
    const Dictionary every_name{{"servers", sdbus::Variant(Names{"192.0.2.53"})}};
    return {{"domains", sdbus::Variant(Dictionary{{"*", sdbus::Variant(every_name)}})}};
}

/// Counts the warnings of name servers that nobody takes.
class Warnings final : public ike::Log {
  public:
    void write(ike::Level level, std::string_view event,
               std::initializer_list<ike::Field> /*fields*/) override {
        if (level == ike::Level::warning && event.find("not set up") != std::string_view::npos) {
            ++count;
        }
    }
    int count = 0;
};

/// roamd's side. "lo" stands for the device of the tunnel.
struct Client {
    explicit Client(const PrivateBus& bus) {
        auto opened = open_bus({bus.address()});
        REQUIRE(opened);
        connection = std::move(*opened);
        servers.attach(*connection);
        pump = std::make_unique<BusPump>(loop, *connection, [] {});
    }
    ~Client() { servers.detach(); }

    bool until_used(bool used = true) {
        return until(loop, [&] { return servers.used("lo") == used; });
    }

    EventLoop loop = *EventLoop::create();
    Warnings log;
    SystemNameServers servers{log, [] {}};
    std::unique_ptr<sdbus::IConnection> connection;
    std::unique_ptr<BusPump> pump;
};

}  // namespace

TEST_CASE("without systemd-resolved NetworkManager has the servers of a tunnel for all names") {
    const PrivateBus bus;
    Client client(bus);
    FakeNetworkManager fake(client.loop, bus.address());
    client.servers.set("lo", everything);
    REQUIRE(client.until_used());
    CHECK(fake.servers() == addresses);
    CHECK(fake.searches() == Names{"corp.example.org"});
    CHECK(client.servers.addresses() == everything.addresses);
    CHECK(client.log.count == 0);

    client.servers.forget("lo");
    CHECK(until(client.loop, [&] { return fake.configuration.empty(); }));
    CHECK(client.servers.addresses().empty());
}

TEST_CASE("a gateway that gives name servers no more takes them back from NetworkManager") {
    const PrivateBus bus;
    Client client(bus);
    FakeNetworkManager fake(client.loop, bus.address());
    client.servers.set("lo", everything);
    REQUIRE(client.until_used());
    client.servers.set("lo", {});
    CHECK(until(client.loop, [&] { return fake.configuration.empty(); }));
}

TEST_CASE("a tunnel for some names gives NetworkManager nothing, and says so once") {
    const PrivateBus bus;
    Client client(bus);
    FakeNetworkManager fake(client.loop, bus.address());
    NameServers office = everything;
    office.all_names = false;
    client.servers.set("lo", office);
    CHECK(until(client.loop, [&] { return client.log.count == 1; }));
    client.servers.set("lo", office);
    CHECK(fake.told == 0);
    client.servers.set("lo", everything);
    CHECK(client.until_used());
    CHECK(client.log.count == 1);
}

TEST_CASE("a NetworkManager that comes late is told, and one that comes again, too") {
    const PrivateBus bus;
    Client client(bus);
    client.servers.set("lo", everything);
    REQUIRE(until(client.loop, [&] { return client.log.count == 1; }));
    for (int round = 0; round < 2; ++round) {
        auto fake = std::make_unique<FakeNetworkManager>(client.loop, bus.address());
        REQUIRE(client.until_used());
        CHECK(fake->servers() == addresses);
        fake.reset();
        REQUIRE(client.until_used(false));
    }
}

TEST_CASE("a global DNS configuration of somebody's is left alone, until it goes") {
    const PrivateBus bus;
    Client client(bus);
    FakeNetworkManager fake(client.loop, bus.address(), somebodys());
    client.servers.set("lo", everything);
    REQUIRE(until(client.loop, [&] { return client.log.count == 1; }));
    CHECK(fake.told == 0);
    fake.change({});
    REQUIRE(client.until_used());
    CHECK(fake.servers() == addresses);
}

TEST_CASE("what a run that was killed left with NetworkManager is taken away by the next") {
    const PrivateBus bus;
    Dictionary left;
    {
        Client killed(bus);
        FakeNetworkManager fake(killed.loop, bus.address());
        killed.servers.set("lo", everything);
        REQUIRE(killed.until_used());
        left = fake.configuration;
    }
    Client next(bus);
    FakeNetworkManager fake(next.loop, bus.address(), left);
    CHECK(until(next.loop, [&] { return fake.configuration.empty(); }));
}

TEST_CASE("what somebody changes in NetworkManager is put back a few times, then he wins") {
    const PrivateBus bus;
    Client client(bus);
    FakeNetworkManager fake(client.loop, bus.address());
    client.servers.set("lo", everything);
    REQUIRE(client.until_used());
    for (int times = 1; times <= 5; ++times) {
        fake.change({});
        REQUIRE(until(client.loop,
                      [&] { return fake.told == 1 + times && client.servers.used("lo"); }));
    }
    for (int times = 0; times < 3; ++times) {
        const int asked = fake.asked + 1;  // the signal reads it, too
        fake.change({});
        REQUIRE(
            until(client.loop, [&] { return fake.asked > asked && !client.servers.used("lo"); }));
    }
    CHECK(client.log.count == 1);
    CHECK(fake.told == 1 + 5);
}

TEST_CASE("a NetworkManager that refuses is said to") {
    const PrivateBus bus;
    Client client(bus);
    FakeNetworkManager fake(client.loop, bus.address());
    fake.refuses = true;
    client.servers.set("lo", everything);
    CHECK(until(client.loop, [&] { return client.log.count == 1; }));
    CHECK_FALSE(client.servers.used("lo"));
}

TEST_CASE(
    "where systemd-resolved takes them NetworkManager is given nothing, and gives up what it had") {
    const PrivateBus bus;
    Client client(bus);
    FakeNetworkManager fake(client.loop, bus.address());
    client.servers.set("lo", everything);
    REQUIRE(client.until_used());
    const FakeResolved resolved(client.loop, bus.address());
    CHECK(until(client.loop, [&] { return fake.configuration.empty(); }));
    CHECK(client.until_used());
}

/// The answer of clear_network_manager_dns(), which waits, while the loop turns for the fake.
bool cleared(EventLoop& loop, const std::string& bus) {
    auto answer = std::async(std::launch::async, [&] {
        const auto connection = open_bus({bus});
        if (!connection) {
            return false;
        }
        const auto done = clear_network_manager_dns(**connection);
        return done && *done;
    });
    CHECK(until(loop, [&] {
        return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    }));
    return answer.get();
}

TEST_CASE("without a daemon what is ours goes from NetworkManager, and nobody else's") {
    const PrivateBus bus;
    Client client(bus);
    FakeNetworkManager fake(client.loop, bus.address());
    CHECK_FALSE(cleared(client.loop, bus.address()));
    client.servers.set("lo", everything);
    REQUIRE(client.until_used());
    client.servers.detach();
    CHECK(cleared(client.loop, bus.address()));
    CHECK(fake.configuration.empty());
    fake.configuration = somebodys();
    CHECK_FALSE(cleared(client.loop, bus.address()));
    CHECK_FALSE(fake.configuration.empty());
}
