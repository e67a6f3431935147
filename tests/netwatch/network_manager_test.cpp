// SPDX-License-Identifier: Apache-2.0
#include "netwatch/network_manager.hpp"

#include <doctest/doctest.h>

using namespace netwatch;
using ike::Family;

namespace {

ManagedNetwork with_wifi(Connectivity ip4, Connectivity ip6) {
    ManagedDevice wifi;
    wifi.interface = "wlan0";
    wifi.state = DeviceState::activated;
    wifi.ip4 = ip4;
    wifi.ip6 = ip6;
    return {.running = true, .checks_connectivity = true, .primary_uuid = {}, .devices = {wifi}};
}

}  // namespace

TEST_CASE("a portal stands against packets of its family, limited connectivity too") {
    using enum Connectivity;
    CHECK(hindrance(with_wifi(portal, full), "wlan0", Family::ipv4) == Hindrance::portal);
    CHECK(hindrance(with_wifi(portal, full), "wlan0", Family::ipv6) == Hindrance::none);
    CHECK(hindrance(with_wifi(limited, limited), "wlan0", Family::ipv4) == Hindrance::limited);
    CHECK(hindrance(with_wifi(none, portal), "wlan0", Family::ipv6) == Hindrance::portal);
}

TEST_CASE("limited by one family says nothing where the other is full") {
    using enum Connectivity;
    CHECK(hindrance(with_wifi(full, limited), "wlan0", Family::ipv6) == Hindrance::none);
    CHECK(hindrance(with_wifi(limited, full), "wlan0", Family::ipv4) == Hindrance::none);
}

TEST_CASE("what is not known, or not checked yet, stands against nothing") {
    using enum Connectivity;
    for (const Connectivity value : {unknown, none, full}) {
        CHECK(hindrance(with_wifi(value, value), "wlan0", Family::ipv4) == Hindrance::none);
    }
    CHECK(hindrance(with_wifi(portal, portal), "wwan0", Family::ipv4) == Hindrance::none);
    CHECK(hindrance({}, "wlan0", Family::ipv4) == Hindrance::none);
}

TEST_CASE("a connectivity that NetworkManager only guesses stands against nothing") {
    ManagedNetwork network = with_wifi(Connectivity::limited, Connectivity::limited);
    network.checks_connectivity = false;
    CHECK(hindrance(network, "wlan0", Family::ipv4) == Hindrance::none);
    CHECK(connectivity(network, network.devices[0], Family::ipv4) == Connectivity::unknown);
}

TEST_CASE("a device that is not up says nothing of the network it had") {
    ManagedNetwork network = with_wifi(Connectivity::portal, Connectivity::portal);
    network.devices[0].state = DeviceState::connecting;
    CHECK(hindrance(network, "wlan0", Family::ipv4) == Hindrance::none);
}
