// SPDX-License-Identifier: Apache-2.0
#include "agent/path/portal.hpp"

#include "agent/linux/kernel_ids.hpp"

#include <algorithm>

namespace agent {

using guard::PortalHole;
using netwatch::Connectivity;

namespace {

bool is_portal(const netwatch::ManagedDevice& device) {
    return device.state == netwatch::DeviceState::activated &&
           (device.ip4 == Connectivity::portal || device.ip6 == Connectivity::portal);
}

void doubt(Connectivity& found) {
    if (found == Connectivity::limited) {
        found = Connectivity::unknown;
    }
}

}  // namespace

void doubt_limited(netwatch::ManagedNetwork& managed) {
    doubt(managed.connectivity);
    for (netwatch::ManagedDevice& device : managed.devices) {
        doubt(device.ip4);
        doubt(device.ip6);
    }
}

std::vector<std::string> checked_uplinks(const netwatch::ManagedNetwork& managed) {
    std::vector<std::string> uplinks;
    for (const netwatch::ManagedDevice& device : managed.devices) {
        if (managed.checks_connectivity && device.state == netwatch::DeviceState::activated &&
            device.interface != "lo" && !device.interface.starts_with(device_prefix)) {
            uplinks.push_back(device.interface);
        }
    }
    return uplinks;
}

std::optional<PortalHole> portal_hole(const netwatch::Snapshot& network,
                                      const std::vector<NameServer>& servers) {
    if (!network.managed.checks_connectivity) {
        return std::nullopt;  // it guesses
    }
    const auto& devices = network.managed.devices;
    const auto portal = std::ranges::find_if(devices, is_portal);
    if (portal == devices.end()) {
        return std::nullopt;
    }
    PortalHole hole{portal->interface, {}};
    const auto link = std::ranges::find(network.links, portal->interface, &netwatch::Link::name);
    const auto index = link == network.links.end() ? ike::InterfaceIndex{} : link->index;
    for (const NameServer& server : servers) {
        if (server.is_asked_by(index, portal->interface)) {
            hole.resolvers.push_back(server.address);
        }
    }
    return hole;
}

}  // namespace agent
