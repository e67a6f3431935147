// SPDX-License-Identifier: Apache-2.0
#include "agent/standby_paths.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

namespace agent {

using ike::session::AddressPair;

std::vector<AddressPair> standby_paths(const netwatch::Snapshot& snapshot,
                                       const std::vector<ike::IpAddress>& gateways,
                                       const netwatch::DeviceNames& own_devices) {
    using Order = std::tuple<netwatch::Hindrance, bool, bool, std::uint32_t>;
    std::vector<std::pair<Order, AddressPair>> ranked;
    for (const ike::IpAddress& gateway : gateways) {
        for (const netwatch::Uplink& uplink : uplinks(snapshot, gateway, own_devices)) {
            ranked.push_back(
                {{uplink.rank.hindrance, uplink.rank.weak, uplink.rank.tunnel, uplink.rank.metric},
                 {uplink.interface, uplink.local, gateway}});
        }
    }
    std::ranges::stable_sort(ranked, {}, [](const auto& each) { return each.first; });
    std::vector<AddressPair> paths;
    for (auto& [order, pair] : ranked) {
        // One address of ours is enough to find out whether an uplink leads there.
        const bool known = std::ranges::any_of(paths, [&pair = pair](const AddressPair& other) {
            return other.interface == pair.interface && other.remote == pair.remote;
        });
        if (!known) {
            paths.push_back(pair);
        }
    }
    return paths;
}

std::vector<ike::InterfaceIndex> interfaces_of(const std::vector<AddressPair>& paths) {
    std::set<ike::InterfaceIndex> interfaces;
    std::ranges::transform(paths, std::inserter(interfaces, interfaces.end()),
                           &AddressPair::interface);
    return {interfaces.begin(), interfaces.end()};
}

void same_family_first(std::vector<AddressPair>& paths, ike::Family family) {
    std::stable_partition(paths.begin(), paths.end(),
                          [&](const AddressPair& pair) { return pair.remote.family() == family; });
}

}  // namespace agent
