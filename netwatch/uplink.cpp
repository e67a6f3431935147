// SPDX-License-Identifier: Apache-2.0
#include "netwatch/uplink.hpp"

#include <algorithm>
#include <tuple>

namespace netwatch {

namespace {

/// The rank of a route alone; that of the source is not known yet.
Rank rank_of(const Route& route) {
    const std::size_t width = route.destination.address.size() * 8;
    return {.table_order = static_cast<std::uint8_t>(route.table == main_table ? 0 : 1),
            .host_bits = static_cast<std::uint8_t>(width - route.destination.length),
            .metric = route.metric,
            .preference = route.preference};
}

/// The routes a lookup of `gateway` may come by, best first, up to the first that rejects: the
/// kernel's lookup ends there, even one that is bound to another device.
std::vector<const Route*> routes_to(const Snapshot& snapshot, const ike::IpAddress& gateway) {
    std::vector<const Route*> matching;
    for (const Route& route : snapshot.routes) {
        if (route.destination.contains(gateway)) {
            matching.push_back(&route);
        }
    }
    std::ranges::stable_sort(matching, {}, [](const Route* route) {
        return std::tuple(rank_of(*route), !route->rejects);
    });
    const auto reject =
        std::ranges::find_if(matching, [](const Route* route) { return route->rejects; });
    matching.erase(reject, matching.end());
    return matching;
}

bool usable(const Link& link, const DeviceNames& own_devices) {
    return link.up && link.running && !link.loopback && !own_devices.contains(link.name);
}

bool is_unique_local(const ike::IpAddress& address) {  // RFC 4193 3.1
    return address.is_ipv6() && (address.bytes()[0] & 0xfeU) == 0xfcU;
}

/// Whether the kernel would let packets to `gateway` by this route have this source. An address of
/// link scope reaches the link and no further; one of another device serves where the route names
/// it.
bool may_be_source(const Address& address, const Route& route, const ike::IpAddress& gateway) {
    if (address.address.family() != gateway.family() || address.address == gateway) {
        return false;
    }
    if (address.tentative || address.dad_failed) {
        return false;
    }
    if (route.source && !route.source->contains(address.address)) {
        return false;
    }
    if (route.preferred_source == address.address) {
        return true;
    }
    const bool link_scope = address.scope == Scope::link || address.address.is_link_local();
    return address.interface == route.out && address.scope < Scope::host &&
           (!link_scope || gateway.is_link_local());
}

/// RFC 6724 5 as far as it tells two of our addresses apart, behind what the route itself prefers;
/// 0 suits best. An IPv4 address that shares no network with the next hop is one that a router
/// which checks sources (BCP 38) may drop.
std::uint8_t source_rank(const Address& address, const Route& route,
                         const ike::IpAddress& gateway) {
    const bool ipv6 = gateway.is_ipv6();
    const bool not_preferred = route.preferred_source && route.preferred_source != address.address;
    const bool other_label =
        is_unique_local(address.address) != is_unique_local(gateway);  // rule 6
    const bool off_network = !ipv6 && !address.network().contains(route.gateway.value_or(gateway));
    const bool not_temporary = ipv6 && !address.temporary;  // rule 7
    unsigned rank = 0;
    for (const bool fault :
         {not_preferred, address.deprecated, other_label, off_network, not_temporary}) {
        rank = rank * 2 + (fault ? 1 : 0);
    }
    return static_cast<std::uint8_t>(rank);
}

Uplink make_uplink(const ManagedNetwork& managed, const Link& link, const Address& address,
                   const Route& route, const ike::IpAddress& gateway) {
    Uplink uplink{.interface = link.index,
                  .name = link.name,
                  .local = address.address,
                  .next_hop = route.gateway,
                  .mtu = route.mtu == 0 ? link.mtu : std::min(route.mtu, link.mtu),
                  .rank = rank_of(route)};
    const ManagedDevice* const device = managed.find_device(link.name);
    uplink.rank.hindrance = hindrance(managed, link.name, gateway.family());
    uplink.rank.weak = device != nullptr && device->access_point && device->access_point->weak;
    uplink.rank.tunnel = is_tunnel(link);
    uplink.rank.metered = device != nullptr && device->metered;
    uplink.rank.source = source_rank(address, route, gateway);
    return uplink;
}

}  // namespace

std::vector<Uplink> uplinks(const Snapshot& snapshot, const ike::IpAddress& gateway,
                            const DeviceNames& own_devices) {
    std::vector<Uplink> found;
    const auto known = [&found](const Link& link, const Address& address) {
        return std::ranges::any_of(found, [&](const Uplink& uplink) {
            return uplink.interface == link.index && uplink.local == address.address;
        });
    };
    for (const Route* route : routes_to(snapshot, gateway)) {
        const Link* const link = snapshot.find_link(route->out);
        if (link == nullptr || !usable(*link, own_devices) ||
            !means_gateway_on(snapshot, link->index, gateway)) {
            continue;
        }
        for (const Address& address : snapshot.addresses) {
            // The best route of a link comes first; a worse one adds nothing.
            if (may_be_source(address, *route, gateway) && !known(*link, address)) {
                found.push_back(make_uplink(snapshot.managed, *link, address, *route, gateway));
            }
        }
    }
    std::ranges::stable_sort(found, {}, &Uplink::rank);
    return found;
}

std::string text(const Uplink& uplink) {
    std::string line = uplink.name + " " + uplink.local.text();
    if (uplink.next_hop) {
        line += " via " + uplink.next_hop->text();
    }
    line += " metric " + std::to_string(uplink.rank.metric);
    line += uplink.rank.metered ? " metered" : "";
    line += uplink.rank.weak ? " weak" : "";
    if (uplink.rank.hindrance != Hindrance::none) {
        line += uplink.rank.hindrance == Hindrance::portal ? " portal" : " limited";
    }
    return line;
}

}  // namespace netwatch
