// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/services_connection.hpp"
#include "tests/agent/api/bus_object.hpp"
#include "tests/agent/api/private_bus.hpp"
#include "tests/agent/turning.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <map>

using namespace agent;
using namespace agent_test;
using namespace std::chrono_literals;
using netwatch::Connectivity;
using netwatch::ManagedNetwork;

namespace {

constexpr const char* service = "org.freedesktop.NetworkManager";
constexpr const char* manager = "/org/freedesktop/NetworkManager";
constexpr const char* wifi = "/org/freedesktop/NetworkManager/Devices/2";
constexpr const char* modem = "/org/freedesktop/NetworkManager/Devices/3";
constexpr const char* home = "/org/freedesktop/NetworkManager/ActiveConnection/1";
constexpr const char* access_point = "/org/freedesktop/NetworkManager/AccessPoint/7";

/// The words of NetworkManager that the test chooses: values of a property are all of one type.
class FakeNetworkManager {
  public:
    FakeNetworkManager(EventLoop& loop, const std::string& bus)
        : connection_(sdbus::createSessionBusConnectionWithAddress(bus)),
          root_(*connection_, "/org/freedesktop") {
        root_->addObjectManager();
        pump_ = std::make_unique<BusPump>(loop, *connection_, [] {});
    }

    template <class Value>
    void say(const std::string& path, const std::string& kind, const std::string& property,
             Value value) {
        say_now(path, kind, property, [value] { return value; });
    }
    /// The value of `get` at the time.
    template <class Getter>
    void say_now(const std::string& path, const std::string& kind, const std::string& property,
                 Getter get) {
        objects_.try_emplace(path, *connection_, path)
            .first->second.property(service + kind, property, get);
    }

    /// An object that was not there when it started.
    void add(const std::string& path) {
        objects_.at(path).publish();
        announce(path);
    }
    void announce(const std::string& path) { objects_.at(path)->emitInterfacesAddedSignal(); }

    void start() {
        for (auto& [path, object] : objects_) {
            object.publish();
        }
        connection_->requestName(netwatch::bus::ServiceName(service));
    }

    /// Tells each client of the bus alone, in its name, that we have the name. It lets anybody.
    void pretend_to_own_the_name() {
        BusObject bus(*connection_, "/org/freedesktop/DBus");
        for (int client = 0; client < 10; ++client) {
            auto signal =
                bus.signal("org.freedesktop.DBus", "NameOwnerChanged", std::string(service));
            signal << std::string() << std::string(connection_->getUniqueName());
            signal.setDestination(":1." + std::to_string(client));
            signal.send();
        }
    }

    /// As if the properties had changed, whatever they say.
    void changed(const std::string& path, const std::string& kind, const std::string& property) {
        objects_.at(path)->emitPropertiesChangedSignal(
            netwatch::bus::InterfaceName(service + kind),
            std::vector{netwatch::bus::PropertyName(property)});
    }

  private:
    std::unique_ptr<sdbus::IConnection> connection_;
    BusObject root_;
    std::map<std::string, BusObject> objects_;
    std::unique_ptr<BusPump> pump_;
};

void say_wifi(FakeNetworkManager& fake, std::uint32_t connectivity) {
    fake.say(manager, "", "ConnectivityCheckAvailable", true);
    fake.say(manager, "", "ConnectivityCheckEnabled", true);
    fake.say(manager, "", "PrimaryConnection", sdbus::ObjectPath(home));
    fake.say(wifi, ".Device", "Interface", std::string("wlan0"));
    fake.say(wifi, ".Device", "DeviceType", std::uint32_t{2});
    fake.say(wifi, ".Device", "State", std::uint32_t{100});
    fake.say(wifi, ".Device", "ActiveConnection", sdbus::ObjectPath(home));
    fake.say(wifi, ".Device", "Ip4Connectivity", connectivity);
    fake.say(home, ".Connection.Active", "Id", std::string("Home"));
    fake.say(home, ".Connection.Active", "SpecificObject", sdbus::ObjectPath(access_point));
    fake.say(access_point, ".AccessPoint", "Ssid", std::vector<std::uint8_t>{'C', 'a', 'f', 'e'});
    fake.say(access_point, ".AccessPoint", "HwAddress", std::string("02:00:00:00:01:00"));
}

/// roamd's side of it.
struct Watch {
    explicit Watch(const std::string& bus) {
        ServicesConnection::Events events;
        events.network = [this](const ManagedNetwork& said) {
            network = said;
            ++changes;
        };
        auto opened = ServicesConnection::open({bus}, loop, log, name_servers, std::move(events));
        REQUIRE(opened);
        services = std::move(*opened);
    }

    bool until(const std::function<bool()>& condition) {
        return agent_test::until(loop, condition);
    }

    /// Long enough for what was sent to have come.
    void wait() {
        for (int turn = 0; turn < 20; ++turn) {
            REQUIRE(loop.run_once(10ms));
        }
    }

    EventLoop loop = *EventLoop::create();
    ike::NullLog log;
    ManagedNetwork network;
    int changes = 0;
    SystemNameServers name_servers{log, [] {}};
    std::unique_ptr<ServicesConnection> services;
};

}  // namespace

TEST_CASE("a NetworkManager that is there is followed, with the access point that is in use") {
    const PrivateBus bus;
    Watch watch(bus.address());
    FakeNetworkManager fake(watch.loop, bus.address());
    say_wifi(fake, 2);
    fake.start();
    REQUIRE(watch.until([&] {
        const auto* device = watch.network.find_device("wlan0");
        return device != nullptr && device->access_point && !device->access_point->ssid.empty();
    }));
    const auto& device = *watch.network.find_device("wlan0");
    CHECK(watch.network.running);
    CHECK(watch.network.checks_connectivity);
    CHECK(device.ip4 == Connectivity::portal);
    CHECK(device.connection_name == "Home");
    CHECK(device.access_point->ssid == "Cafe");
}

TEST_CASE("a signal that fades is heard of while there is another connection, and only then") {
    const PrivateBus bus;
    Watch watch(bus.address());
    FakeNetworkManager fake(watch.loop, bus.address());
    std::uint8_t strength = 60;
    std::uint32_t modem_state = 30;
    say_wifi(fake, 4);
    fake.say_now(access_point, ".AccessPoint", "Strength", [&] { return strength; });
    fake.say(modem, ".Device", "Interface", std::string("wwan0"));
    fake.say_now(modem, ".Device", "State", [&] { return modem_state; });
    fake.start();
    const auto signal = [&] {
        const auto* device = watch.network.find_device("wlan0");
        return device != nullptr ? device->access_point.value_or(netwatch::AccessPoint())
                                 : netwatch::AccessPoint();
    };
    REQUIRE(watch.until([&] { return signal().ssid == "Cafe"; }));

    strength = 15;
    fake.changed(access_point, ".AccessPoint", "Strength");
    watch.wait();
    CHECK_FALSE(signal().weak);  // nowhere else to go: not even asked

    modem_state = 100;
    fake.changed(modem, ".Device", "State");
    REQUIRE(watch.until([&] { return signal().weak; }));
    const int changes = watch.changes;
    strength = 30;
    fake.changed(access_point, ".AccessPoint", "Strength");
    watch.wait();
    CHECK(watch.changes == changes);
    strength = 40;
    fake.changed(access_point, ".AccessPoint", "Strength");
    REQUIRE(watch.until([&] { return !signal().weak; }));
}

TEST_CASE("NetworkManager may start late, stop, and start anew") {
    const PrivateBus bus;
    Watch watch(bus.address());
    watch.wait();
    CHECK(watch.changes == 0);
    for (const std::uint32_t connectivity : {4U, 2U}) {
        auto fake = std::make_unique<FakeNetworkManager>(watch.loop, bus.address());
        say_wifi(*fake, connectivity);
        fake->start();
        REQUIRE(watch.until([&] { return watch.network.find_device("wlan0") != nullptr; }));
        CHECK(watch.network.find_device("wlan0")->ip4 == static_cast<Connectivity>(connectivity));
        fake.reset();
        REQUIRE(watch.until([&] { return !watch.network.running; }));
        CHECK(watch.network == ManagedNetwork{});
    }
}

TEST_CASE("a device that appears is followed") {
    const PrivateBus bus;
    Watch watch(bus.address());
    FakeNetworkManager fake(watch.loop, bus.address());
    fake.start();
    REQUIRE(watch.until([&] { return watch.network.running; }));
    fake.say(wifi, ".Device", "Interface", std::string("wlan0"));
    fake.say(wifi, ".Device", "State", std::uint32_t{70});
    fake.add(wifi);
    CHECK(watch.until([&] { return watch.network.find_device("wlan0") != nullptr; }));
}

TEST_CASE("what says nothing new, or nothing that NetworkManager can mean, changes nothing") {
    const PrivateBus bus;
    Watch watch(bus.address());
    FakeNetworkManager fake(watch.loop, bus.address());
    say_wifi(fake, 4);
    fake.say(wifi, ".Device", "Ip6Connectivity", std::string("full"));
    fake.say(wifi, ".Device", "Metered", std::vector<std::string>{"yes"});
    fake.say(wifi, ".Device", "Mtu", std::uint32_t{1500});
    fake.start();
    REQUIRE(watch.until([&] {
        const auto* device = watch.network.find_device("wlan0");
        return device != nullptr && device->access_point && !device->access_point->ssid.empty();
    }));
    const int before = watch.changes;
    for (const char* property : {"State", "Ip6Connectivity", "Metered", "Mtu"}) {
        fake.changed(wifi, ".Device", property);
    }
    fake.changed(access_point, ".AccessPoint", "HwAddress");
    fake.announce(access_point);
    watch.wait();
    CHECK(watch.changes == before);
    CHECK(watch.network.find_device("wlan0")->ip6 == Connectivity::unknown);
}

TEST_CASE("another than NetworkManager is not believed") {
    const PrivateBus bus;
    Watch watch(bus.address());
    FakeNetworkManager fake(watch.loop, bus.address());
    say_wifi(fake, 4);
    fake.start();
    REQUIRE(watch.until([&] { return watch.network.find_device("wlan0") != nullptr; }));
    FakeNetworkManager liar(watch.loop, bus.address());
    liar.say(wifi, ".Device", "Ip4Connectivity", std::uint32_t{2});
    liar.add(wifi);
    liar.changed(wifi, ".Device", "Ip4Connectivity");
    watch.wait();
    CHECK(watch.network.find_device("wlan0")->ip4 == Connectivity::full);
    const int changes = watch.changes;
    liar.pretend_to_own_the_name();
    watch.wait();
    CHECK(watch.changes == changes);  // with another owner all would be asked for anew
}

TEST_CASE("without a bus there is an error, and when it goes NetworkManager is gone") {
    EventLoop loop = *EventLoop::create();
    ike::NullLog log;
    SystemNameServers name_servers(log, [] {});
    CHECK_FALSE(ServicesConnection::open({"unix:path=/nowhere"}, loop, log, name_servers, {}));
    PrivateBus bus;
    Watch watch(bus.address());
    {
        FakeNetworkManager fake(watch.loop, bus.address());
        fake.start();
        REQUIRE(watch.until([&] { return watch.network.running; }));
        bus.stop();
        CHECK(watch.until([&] { return !watch.network.running; }));
    }
}
