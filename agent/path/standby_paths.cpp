// SPDX-License-Identifier: Apache-2.0
#include "agent/path/standby_paths.hpp"

#include "agent/path/path_rank.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace agent {

using ike::session::AddressPair;

namespace {

/// The network of an IPv6 address; of IPv4, where one network may serve one address and not the
/// other, the address.
ike::ByteView network_of(const ike::IpAddress& address) {
    constexpr std::size_t prefix_bytes = 8;  // RFC 4291 2.5.4: the interface ID has 64 bits
    return address.bytes().first(std::min(address.size(), prefix_bytes));
}

bool same_uplink(const AddressPair& left, const AddressPair& right) {
    return left.interface == right.interface && left.remote == right.remote;
}

bool same_network(const AddressPair& left, const AddressPair& right) {
    return same_uplink(left, right) &&
           std::ranges::equal(network_of(left.local), network_of(right.local));
}

/// An address of each uplink, then one of each further network of these uplinks, then the rest.
/// The session asks by the first few only.
void different_ways_first(std::vector<AddressPair>& paths) {
    std::vector<std::pair<int, AddressPair>> turns;
    for (const AddressPair& path : paths) {
        const auto has_come = [&](auto same) {
            return std::ranges::any_of(
                turns, [&](const auto& earlier) { return same(earlier.second, path); });
        };
        turns.emplace_back(has_come(same_network) ? 2 : has_come(same_uplink) ? 1 : 0, path);
    }
    std::ranges::stable_sort(turns, {}, &std::pair<int, AddressPair>::first);
    std::ranges::transform(turns, paths.begin(), &std::pair<int, AddressPair>::second);
}

}  // namespace

std::vector<AddressPair> standby_paths(const netwatch::Snapshot& snapshot,
                                       const std::vector<ike::IpAddress>& gateways,
                                       const netwatch::DeviceNames& own_devices) {
    std::vector<std::pair<PathRank, AddressPair>> ranked;
    for (const ike::IpAddress& gateway : gateways) {
        for (const netwatch::Uplink& uplink : uplinks(snapshot, gateway, own_devices)) {
            ranked.push_back({path_rank(uplink), {uplink.interface, uplink.local, gateway}});
        }
    }
    std::ranges::stable_sort(ranked, {}, [](const auto& each) { return each.first; });
    std::vector<AddressPair> paths;
    std::ranges::transform(ranked, std::back_inserter(paths),
                           &std::pair<PathRank, AddressPair>::second);
    different_ways_first(paths);
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
