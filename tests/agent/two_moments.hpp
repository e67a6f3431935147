// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/recording/recording.hpp"
#include "tests/netwatch/values.hpp"

namespace agent_test {

/// A recording with something of everything in it: Wi-Fi and cellular; then Wi-Fi fades.
inline agent::Recording two_moments() {
    using namespace netwatch::values;
    using namespace std::chrono_literals;
    netwatch::Snapshot before = laptop();
    before.generation = 7;
    before.links.erase(before.links.begin());
    before.addresses.erase(before.addresses.begin());
    before.links[0].kind = "veth";
    before.links[0].master = ike::InterfaceIndex{9};
    before.addresses[0].peer = ip("10.1.0.1");
    before.addresses[1].deprecated = true;
    before.routes[0].preferred_source = ip("10.1.0.2");
    before.routes[1].preference = netwatch::RouterPreference::low;
    before.routes[1].source = ike::Prefix::parse("10.2.0.0/16");
    before.routes[1].mtu = 1400;
    before.routes[2].protocol = 2;
    before.routes[3].rejects = true;
    before.nat64 = {{wwan0, ike::Prefix::parse("2001:db8:64::/96").value()}};
    std::ranges::sort(before.routes);

    netwatch::Snapshot after = before;
    after.generation = 8;
    fade(after);
    after.managed.connectivity = netwatch::Connectivity::full;
    after.managed.primary_uuid = "u1";
    after.managed.devices[0].type = netwatch::DeviceType::wifi;
    after.managed.devices[0].connection_uuid = "u1";
    after.managed.devices[0].connection_name = "Home \"sweet\" home";
    after.managed.devices[1].metered = true;
    return {.tunnels = {{.name = "home",
                         .gateways = {ip("192.0.2.1")},
                         .told = {ip("2001:db8:9::1")},
                         .device = "roamd0",
                         .dwell = 5s}},
            .moments = {{1s, before}, {3s, after}}};
}

}  // namespace agent_test
