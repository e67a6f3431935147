// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/uplink_route.hpp"

#include "agent/linux/kernel_ids.hpp"
#include "netwatch/uplink.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <set>

namespace agent {

using ike::Fail;
using Outcome = ike::Result<void, SystemError>;

namespace {

constexpr std::uint32_t diverted_metric = 1;
constexpr std::uint32_t first_metric = 2;  // of devices with the same address, more for the others

std::optional<netwatch::Uplink> uplink_of(const ike::Path& path,
                                          const netwatch::Snapshot& network) {
    const auto uplinks = netwatch::uplinks(network, path.remote.address, {});
    const auto found = std::find_if(uplinks.begin(), uplinks.end(), [&](const auto& uplink) {
        return uplink.interface == path.interface && uplink.local == path.local.address;
    });
    return found == uplinks.end() ? std::nullopt : std::optional(*found);
}

/// As the main table has it, but in the table and with the metric of `as`.
TunnelRoute route_for(const netwatch::Uplink& uplink, const ike::IpAddress& gateway,
                      const TunnelRoute& as, const netwatch::Snapshot& network) {
    TunnelRoute route{.table = as.table,
                      .destination = ike::Prefix::host(gateway),
                      .device = uplink.interface,
                      .source = {},
                      .next_hop = uplink.next_hop,
                      .metric = as.metric};
    const netwatch::Link* link = network.find_link(uplink.interface);
    if (link != nullptr && uplink.mtu < link->mtu) {
        route.mtu = uplink.mtu;
    }
    return route;
}

/// When the uplink's route has gone with its link, its packets leave by no other one: a router
/// there that is asked for by ARP with a foreign address does not answer for a second, even when we
/// ask with the right one then.
TunnelRoute nowhere_else(const TunnelRoute& route) {
    return {.table = route.table,
            .destination = {ike::IpAddress::any(route.destination.address.family()), 0},
            .device = {},
            .source = {}};
}

/// A question of the kernel's about our packets that bears no mark finds the path's table by these.
/// Strict reverse path filtering (RFC 3704 2.2, Linux has it for IPv4) asks by which way an answer
/// would leave. Path MTU discovery for ESP looks for the route to note the MTU on; in IPv6 it asks
/// as root and names no protocol. Nothing more, for it would leave in clear.
std::vector<TunnelRule> unmarked_rules(const TunnelRule& marked) {
    TunnelRule unmarked = marked;
    unmarked.marked = Marked::either;
    if (marked.family == ike::Family::ipv6) {
        unmarked.root_only = true;
        return {unmarked};
    }
    TunnelRule esp = unmarked;
    esp.protocol = IPPROTO_ESP;
    std::vector<TunnelRule> rules{esp};
    for (const std::uint16_t port : {ike::ike_port, ike::nat_t_port}) {
        TunnelRule udp = unmarked;
        udp.protocol = IPPROTO_UDP;
        udp.port = port;
        rules.push_back(udp);
    }
    return rules;
}

std::vector<TunnelRule> rules_for(const ike::Path& path, std::uint32_t table) {
    const TunnelRule marked{.family = path.local.address.family(),
                            .priority = egress_priority,
                            .table = table,
                            .marked = Marked::yes,
                            .source = path.local.address,
                            .destination = path.remote.address};
    auto rules = unmarked_rules(marked);
    rules.push_back(marked);
    return rules;
}

}  // namespace

UplinkRoute::~UplinkRoute() {
    (void)clear();  // nobody is left to tell; the next start looks for leftovers
}

Outcome UplinkRoute::prepare(const ike::IpAddress& gateway, const netwatch::Snapshot& network) {
    note_lost_uplinks(network);
    std::set<ike::InterfaceIndex> done;
    for (const netwatch::Uplink& uplink : netwatch::uplinks(network, gateway, {})) {
        if (done.size() == paths_per_tunnel || !done.insert(uplink.interface).second) {
            continue;  // of several addresses of a link the first is the one that is taken
        }
        const ike::Path path{uplink.interface, {uplink.local, 0}, {gateway, 0}};
        if (auto made = make_way(path, network, Rank::as_it_is); !made) {
            return made;
        }
    }
    return {};
}

/// With a link the kernel drops the routes over it.
void UplinkRoute::note_lost_uplinks(const netwatch::Snapshot& network) {
    for (Slot& slot : slots_) {
        slot.stands = slot.stands && uplink_of(slot.path, network).has_value();
    }
}

Outcome UplinkRoute::use(const ike::Path& path, const netwatch::Snapshot& network) {
    return make_way(path, network, Rank::first);
}

Outcome UplinkRoute::make_way(const ike::Path& path, const netwatch::Snapshot& network, Rank rank) {
    const auto uplink = uplink_of(path, network);
    if (!uplink) {
        return Fail{SystemError{"find the way of the path " + path.text(), 0, {}}};
    }
    if (auto made = make_room(path); !made) {
        return made;
    }
    const auto standing = find(path);
    TunnelRoute wanted =
        standing != slots_.end()
            ? standing->route
            : TunnelRoute{.table = table_for(path), .destination = {}, .device = {}, .source = {}};
    if (rank == Rank::first) {
        wanted.metric = first_metric;
    } else if (standing == slots_.end()) {
        wanted.metric = free_metric(path, first_metric);
    }
    wanted = route_for(*uplink, path.remote.address, wanted, network);
    if (standing != slots_.end() && standing->stands && standing->route == wanted) {
        return {};
    }
    if (!netlink_) {
        auto opened = Rtnetlink::open();
        if (!opened) {
            return Fail{opened.error()};
        }
        netlink_ = std::move(*opened);
    }
    if (auto stepped = step_back(path, wanted.metric); !stepped) {
        return stepped;
    }
    auto slot = find(path);
    if (slot == slots_.end()) {
        slot = slots_.insert(slots_.end(), {path});
    }
    const TunnelRoute before = std::exchange(slot->route, wanted);
    if (auto applied = apply(*slot, before == wanted); !applied) {
        return applied;
    }
    return before.device && before.metric != wanted.metric ? netlink_->remove(before) : Outcome{};
}

/// There can be no more paths than tables.
Outcome UplinkRoute::make_room(const ike::Path& path) {
    const bool has_room = find(path) != slots_.end() || slots_.size() < paths_per_tunnel;
    return has_room ? Outcome{} : drop(slots_.front().path);
}

/// Another device with the same address has that metric no longer. Its old route goes when another
/// takes its place.
Outcome UplinkRoute::step_back(const ike::Path& path, std::uint32_t metric) {
    for (Slot& slot : slots_) {
        if (!same_way(slot.path, path) && same_addresses(slot.path, path) &&
            slot.route.metric == metric) {
            slot.route.metric = free_metric(slot.path, metric + 1);
            return slot.stands ? netlink_->add(slot.route) : Outcome{};
        }
    }
    return {};
}

/// A metric that no path of the same addresses has.
std::uint32_t UplinkRoute::free_metric(const ike::Path& path, std::uint32_t from) const {
    const auto taken = [&](std::uint32_t metric) {
        return std::ranges::any_of(slots_, [&](const Slot& slot) {
            return same_addresses(slot.path, path) && slot.route.metric == metric;
        });
    };
    while (taken(from)) {
        ++from;
    }
    return from;
}

/// Before the path's own route. A socket bound to the interface, as ours are, passes it.
TunnelRoute UplinkRoute::diverted(const Slot& slot, ike::InterfaceIndex device, std::uint32_t mtu) {
    return {.table = slot.route.table,
            .destination = slot.route.destination,
            .device = device,
            .source = {},
            .mtu = mtu,
            .metric = diverted_metric};
}

Outcome UplinkRoute::divert(const ike::Path& path, ike::InterfaceIndex device,
                            const netwatch::Snapshot& network) {
    const auto uplink = uplink_of(path, network);
    const auto slot = find(path);
    if (!uplink || slot == slots_.end() || !slot->stands) {
        return Fail{SystemError{"hold back what leaves by the path " + path.text(), 0, {}}};
    }
    slot->diverted = device;
    return netlink_->add(diverted(*slot, device, uplink->mtu));
}

Outcome UplinkRoute::lead_back(const ike::Path& path, ike::InterfaceIndex device) {
    const auto slot = find(path);
    if (slot == slots_.end() || slot->diverted != device) {
        return {};  // went with the path
    }
    slot->diverted.reset();
    return netlink_->remove(diverted(*slot, device, 0));
}

Outcome UplinkRoute::drop(const ike::Path& path) {
    const auto slot = find(path);
    if (slot == slots_.end()) {
        return {};
    }
    const Slot dropped = *slot;
    slots_.erase(slot);
    return remove(dropped);
}

Outcome UplinkRoute::tidy(const ike::Path& in_use) {
    std::vector<ike::Path> gone;
    for (const Slot& slot : slots_) {
        if (!slot.stands && !same_way(slot.path, in_use)) {
            gone.push_back(slot.path);
        }
    }
    Outcome outcome;
    for (const ike::Path& path : gone) {
        if (auto dropped = drop(path); !dropped) {
            outcome = dropped;
        }
    }
    return outcome;
}

Outcome UplinkRoute::restore() {
    for (Slot& slot : slots_) {
        if (slot.stands) {
            if (auto applied = apply(slot, true); !applied) {
                return applied;
            }
        }
    }
    return {};
}

Outcome UplinkRoute::clear() {
    Outcome outcome;
    for (const Slot& slot : std::exchange(slots_, {})) {
        if (auto removed = remove(slot); !removed) {
            outcome = removed;
        }
    }
    return outcome;
}

std::vector<UplinkRoute::Slot>::iterator UplinkRoute::find(const ike::Path& path) {
    return std::find_if(slots_.begin(), slots_.end(),
                        [&](const Slot& slot) { return same_way(slot.path, path); });
}

/// Another device has the same address, and with it the same rules and table.
bool UplinkRoute::has_twin(const ike::Path& path) const {
    return std::ranges::any_of(slots_, [&](const Slot& slot) {
        return !same_way(slot.path, path) && same_addresses(slot.path, path);
    });
}

std::uint32_t UplinkRoute::table_for(const ike::Path& path) const {
    std::uint32_t table = first_egress_table + (tunnel_ - first_table) * paths_per_tunnel;
    std::set<std::uint32_t> taken;
    for (const Slot& slot : slots_) {
        if (same_addresses(slot.path, path)) {
            return slot.route.table;
        }
        taken.insert(slot.route.table);
    }
    while (taken.contains(table)) {
        ++table;
    }
    return table;
}

/// A route that should be there is left alone if it is, with the path MTU that was learned for it.
Outcome UplinkRoute::apply(Slot& slot, bool as_before) {
    slot.stands = false;
    if (auto routed = as_before ? netlink_->restore(slot.route) : netlink_->add(slot.route);
        !routed) {
        return routed;
    }
    if (auto routed = netlink_->restore(nowhere_else(slot.route)); !routed) {
        return routed;
    }
    for (const TunnelRule& rule : rules_for(slot.path, slot.route.table)) {
        if (auto added = netlink_->add(rule); !added) {
            return added;
        }
    }
    slot.stands = true;
    return {};
}

/// Rules first, so that none leads into an empty table.
Outcome UplinkRoute::remove_table(const Slot& slot) {
    for (const TunnelRule& rule : rules_for(slot.path, slot.route.table)) {
        if (auto removed = netlink_->remove(rule); !removed) {
            return removed;
        }
    }
    return netlink_->remove(nowhere_else(slot.route));
}

Outcome UplinkRoute::remove(const Slot& slot) {
    if (auto removed = has_twin(slot.path) ? Outcome{} : remove_table(slot); !removed) {
        return removed;
    }
    if (slot.diverted) {
        if (auto removed = netlink_->remove(diverted(slot, *slot.diverted, 0)); !removed) {
            return removed;
        }
    }
    return netlink_->remove(slot.route);
}

}  // namespace agent
