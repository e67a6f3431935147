// SPDX-License-Identifier: Apache-2.0
#include "netwatch/network_manager_objects.hpp"

#include <doctest/doctest.h>
#include <sdbus-c++/sdbus-c++.h>

using namespace netwatch;
using sdbus::ObjectPath;
using sdbus::Variant;

namespace {

constexpr const char* manager_path = "/org/freedesktop/NetworkManager";
constexpr const char* wifi_path = "/org/freedesktop/NetworkManager/Devices/2";
constexpr const char* modem_path = "/org/freedesktop/NetworkManager/Devices/3";
constexpr const char* home_path = "/org/freedesktop/NetworkManager/ActiveConnection/1";
constexpr const char* mobile_path = "/org/freedesktop/NetworkManager/ActiveConnection/2";
constexpr const char* access_point_path = "/org/freedesktop/NetworkManager/AccessPoint/7";

Properties wifi_properties() {
    return {{"Interface", Variant(std::string("wlan0"))},
            {"IpInterface", Variant(std::string("wlan0"))},
            {"DeviceType", Variant(std::uint32_t{2})},
            {"State", Variant(std::uint32_t{100})},
            {"ActiveConnection", Variant(ObjectPath(home_path))},
            {"Ip4Connectivity", Variant(std::uint32_t{4})},
            {"Ip6Connectivity", Variant(std::uint32_t{3})},
            {"Metered", Variant(std::uint32_t{4})}};
}

Properties modem_properties() {
    return {{"Interface", Variant(std::string("cdc-wdm0"))},
            {"IpInterface", Variant(std::string("wwan0"))},
            {"DeviceType", Variant(std::uint32_t{8})},
            {"State", Variant(std::uint32_t{70})},
            {"ActiveConnection", Variant(ObjectPath(mobile_path))},
            {"Metered", Variant(std::uint32_t{3})}};
}

Properties connection_properties(const char* uuid, const char* name, const char* object) {
    return {{"Uuid", Variant(std::string(uuid))},
            {"Id", Variant(std::string(name))},
            {"SpecificObject", Variant(ObjectPath(object))}};
}

Properties access_point_properties(std::uint8_t strength) {
    return {{"Ssid", Variant(std::vector<std::uint8_t>{'C', 'a', 'f', 0xe9})},
            {"HwAddress", Variant(std::string("02:00:00:00:01:00"))},
            {"Strength", Variant(strength)}};
}

/// Wi-Fi that is up, a modem that is connecting.
NetworkManagerObjects laptop() {
    NetworkManagerObjects objects;
    objects.add(manager_path, {{nm::service,
                                {{"ConnectivityCheckAvailable", Variant(true)},
                                 {"ConnectivityCheckEnabled", Variant(true)},
                                 {"Connectivity", Variant(std::uint32_t{4})},
                                 {"PrimaryConnection", Variant(ObjectPath(home_path))}}}});
    objects.add(wifi_path, {{nm::device, wifi_properties()}});
    objects.add(modem_path, {{nm::device, modem_properties()}});
    objects.add(home_path,
                {{nm::active_connection, connection_properties("u1", "Home", access_point_path)}});
    objects.add(mobile_path, {{nm::active_connection, connection_properties("u2", "Mobile", "/")}});
    return objects;
}

const ManagedDevice& device(const ManagedNetwork& network, const char* interface) {
    const ManagedDevice* found = network.find_device(interface);
    REQUIRE(found != nullptr);
    return *found;
}

}  // namespace

TEST_CASE("NetworkManager's objects come to one value") {
    const ManagedNetwork network = laptop().network();
    CHECK(network.running);
    CHECK(network.checks_connectivity);
    CHECK(network.connectivity == Connectivity::full);
    CHECK(network.primary_uuid == "u1");
    REQUIRE(network.devices.size() == 2);
    CHECK(text(network.devices[0]) == "wlan0: wifi activated ip4 full ip6 limited \"Home\" u1");
    CHECK(text(network.devices[1]) ==
          "wwan0: modem connecting ip4 unknown ip6 unknown metered \"Mobile\" u2");
}

TEST_CASE("a change is taken over, and leaves the rest as it was") {
    NetworkManagerObjects objects = laptop();
    objects.change(wifi_path, nm::device, {{"Ip4Connectivity", Variant(std::uint32_t{2})}});
    objects.change(home_path, nm::active_connection, {{"Id", Variant(std::string("Office"))}});
    const ManagedNetwork network = objects.network();
    CHECK(device(network, "wlan0").ip4 == Connectivity::portal);
    CHECK(device(network, "wlan0").ip6 == Connectivity::limited);
    CHECK(device(network, "wlan0").connection_name == "Office");
}

TEST_CASE("what is removed is gone, and a connection's name with it") {
    NetworkManagerObjects objects = laptop();
    objects.remove(modem_path, {nm::device, "org.freedesktop.NetworkManager.Device.Modem"});
    objects.remove(home_path, {nm::active_connection});
    const ManagedNetwork network = objects.network();
    CHECK(network.find_device("wwan0") == nullptr);
    CHECK(device(network, "wlan0").connection_name.empty());
    CHECK(network.primary_uuid.empty());
}

TEST_CASE("a device without a connection, or that is not NetworkManager's, is left out") {
    for (const std::uint32_t state : {0U, 10U, 20U, 30U, 120U, 0xffffffffU}) {
        NetworkManagerObjects objects = laptop();
        objects.change(modem_path, nm::device, {{"State", Variant(state)}});
        CHECK(objects.network().find_device("wwan0") == nullptr);
    }
}

TEST_CASE("the access point of a Wi-Fi device is asked for once, its SSID made printable") {
    NetworkManagerObjects objects = laptop();
    CHECK(objects.missing_access_points() == std::vector<std::string>{access_point_path});
    objects.set_access_point(access_point_path, access_point_properties(60));
    CHECK(objects.missing_access_points().empty());
    const ManagedNetwork network = objects.network();
    const auto& access_point = device(network, "wlan0").access_point;
    REQUIRE(access_point);
    CHECK(access_point->ssid == "Caf\\xe9");
    CHECK(access_point->bssid == "02:00:00:00:01:00");
    CHECK(access_point->strength == 60);
}

TEST_CASE("another access point replaces the old one") {
    NetworkManagerObjects objects = laptop();
    objects.set_access_point(access_point_path, access_point_properties(60));
    const std::string next = "/org/freedesktop/NetworkManager/AccessPoint/8";
    objects.change(home_path, nm::active_connection,
                   {{"SpecificObject", Variant(ObjectPath(next))}});
    CHECK_FALSE(device(objects.network(), "wlan0").access_point);
    CHECK(objects.missing_access_points() == std::vector<std::string>{next});
}

TEST_CASE("a signal's strength makes no other network until it is weak") {
    NetworkManagerObjects fair = laptop();
    NetworkManagerObjects strong = laptop();
    fair.set_access_point(access_point_path, access_point_properties(21));
    strong.set_access_point(access_point_path, access_point_properties(90));
    CHECK(fair.network() == strong.network());
    fair.change(access_point_path, nm::access_point, {{"Strength", Variant(std::uint8_t{20})}});
    CHECK_FALSE(fair.network() == strong.network());
}

TEST_CASE("a weak signal is so until it is clearly strong again") {
    NetworkManagerObjects objects = laptop();
    const auto weak_at = [&](std::uint8_t strength) {
        objects.change(access_point_path, nm::access_point, {{"Strength", Variant(strength)}});
        const ManagedNetwork network = objects.network();
        const auto& access_point = device(network, "wlan0").access_point;
        REQUIRE(access_point);
        CHECK(access_point->strength == strength);
        CHECK(access_point->ssid == "Caf\\xe9");
        return access_point->weak;
    };
    objects.set_access_point(access_point_path, access_point_properties(60));
    CHECK_FALSE(weak_at(21));
    CHECK(weak_at(20));
    CHECK(weak_at(39));
    CHECK_FALSE(weak_at(40));
    CHECK_FALSE(weak_at(25));
}

TEST_CASE("a driver that does not tell the strength has no weak signal") {
    NetworkManagerObjects objects = laptop();
    objects.set_access_point(access_point_path, access_point_properties(0));
    const ManagedNetwork network = objects.network();
    REQUIRE(device(network, "wlan0").access_point);
    CHECK_FALSE(device(network, "wlan0").access_point->weak);
}

TEST_CASE("a signal is followed only while there is another connection to go to") {
    NetworkManagerObjects objects = laptop();
    CHECK(objects.deciding_access_points().empty());
    objects.change(modem_path, nm::device, {{"State", Variant(std::uint32_t{100})}});
    CHECK(objects.deciding_access_points() == std::vector<std::string>{access_point_path});
    objects.change(wifi_path, nm::device, {{"State", Variant(std::uint32_t{30})}});
    CHECK(objects.deciding_access_points().empty());
}

TEST_CASE("values of another type than documented are as good as not there") {
    NetworkManagerObjects objects = laptop();
    const ManagedNetwork before = objects.network();
    objects.change(wifi_path, nm::device,
                   {{"Interface", Variant(std::uint32_t{1})},
                    {"State", Variant(std::string("100"))},
                    {"Ip4Connectivity", Variant(std::int32_t{2})},
                    {"Metered", Variant(std::vector<std::uint32_t>{1})},
                    {"ActiveConnection", Variant(std::string(mobile_path))}});
    objects.change(manager_path, nm::service, {{"Connectivity", Variant(true)}});
    CHECK(objects.network() == before);
}

TEST_CASE("numbers that NetworkManager does not know yet are no connectivity and no type") {
    NetworkManagerObjects objects = laptop();
    objects.change(wifi_path, nm::device,
                   {{"Ip4Connectivity", Variant(std::uint32_t{5})},
                    {"Ip6Connectivity", Variant(std::uint32_t{0xffffffff})},
                    {"DeviceType", Variant(std::uint32_t{4711})}});
    const ManagedNetwork network = objects.network();
    CHECK(device(network, "wlan0").ip4 == Connectivity::unknown);
    CHECK(device(network, "wlan0").ip6 == Connectivity::unknown);
    CHECK(device(network, "wlan0").type == DeviceType::other);
}

TEST_CASE("names are cut between characters and hold no control characters") {
    NetworkManagerObjects objects = laptop();
    std::string name = "\x1b[2J\n";
    while (name.size() < NetworkManagerObjects::max_text - 1) {
        name += "x";
    }
    objects.change(home_path, nm::active_connection, {{"Id", Variant(name + "\xc3\xa9")}});
    std::string shown = name;
    shown[0] = shown[4] = '?';
    CHECK(device(objects.network(), "wlan0").connection_name == shown);
}

TEST_CASE("an interface with a name that no interface can have is none") {
    NetworkManagerObjects objects = laptop();
    const Variant long_name(std::string("wlan0-but-much-longer"));
    objects.change(wifi_path, nm::device, {{"Interface", long_name}, {"IpInterface", long_name}});
    CHECK(objects.network().devices.size() == 1);
}

TEST_CASE("more devices than a laptop can have are left out") {
    NetworkManagerObjects objects;
    for (int number = 0; number < 10000; ++number) {
        Properties properties = wifi_properties();
        properties["Interface"] = Variant("veth" + std::to_string(number));
        properties["IpInterface"] = properties["Interface"];
        const std::string suffix = std::to_string(number);
        objects.add("/d/" + suffix, {{nm::device, properties}});
        objects.add("/c/" + suffix,
                    {{nm::active_connection, connection_properties("u", "n", "/")}});
    }
    CHECK(objects.network().devices.size() == NetworkManagerObjects::max_devices);
}
