// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/tunnel_routes.hpp"

#include "agent/linux/device_sysctls.hpp"
#include "agent/linux/local_route.hpp"
#include "ike/base/path.hpp"

#include <linux/rtnetlink.h>

#include <netinet/in.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>

namespace agent {

using ike::Fail;
using ike::Family;

namespace {

using Outcome = ike::Result<void, SystemError>;

/// Whether routes that are there and not desired are removed.
enum class Surplus : std::uint8_t { stays, goes };

constexpr std::uint32_t worst_metric = std::numeric_limits<std::uint32_t>::max();

/// Makes `present` the same as `desired`: first what is missing, then what is too much.
template <class T, class Add, class Remove>
Outcome reconcile(const std::vector<T>& present, const std::vector<T>& desired, Add add,
                  Remove remove) {
    const std::set<T> before(present.begin(), present.end());
    const std::set<T> after(desired.begin(), desired.end());
    for (const T& item : after) {
        if (!before.contains(item)) {
            if (auto added = add(item); !added) {
                return added;
            }
        }
    }
    for (const T& item : before) {
        if (!after.contains(item)) {
            if (auto removed = remove(item); !removed) {
                return removed;
            }
        }
    }
    return {};
}

void leave_out_ipv6(TunnelNetwork& desired) {
    const auto of_prefix = [](const ike::Prefix& prefix) { return prefix.address.is_ipv6(); };
    std::erase_if(desired.addresses, [](const auto& address) { return address.is_ipv6(); });
    std::erase_if(desired.destinations, of_prefix);
    std::erase_if(desired.unreachable, of_prefix);
}

/// The uplink has lost the address that packets go in from. They stay blocked until the tunnel has
/// followed to another one.
void leave_out_lost_address(TunnelNetwork& desired) {
    if (desired.own_address && !comes_in_here(*desired.own_address)) {
        desired.destinations.clear();
    }
}

bool wants_ipv6(const TunnelNetwork& desired) {
    return std::ranges::any_of(desired.addresses, &ike::IpAddress::is_ipv6) ||
           (desired.own_address && desired.own_address->is_ipv6());
}

/// The virtual address of this family, so that the kernel chooses it for what goes inside; without
/// any, the uplink's.
std::optional<ike::IpAddress> source_for(const TunnelNetwork& desired, Family family) {
    if (desired.own_address && desired.own_address->family() == family) {
        return desired.own_address;
    }
    const auto found =
        std::find_if(desired.addresses.begin(), desired.addresses.end(),
                     [&](const auto& address) { return address.family() == family; });
    return found == desired.addresses.end() ? std::nullopt : std::optional(*found);
}

/// For all that the tunnel covers, worse than any other route to the same destination.
std::vector<TunnelRoute> blocking_routes(const TunnelNetwork& desired, std::uint32_t table) {
    std::vector<TunnelRoute> routes;
    for (const auto* prefixes : {&desired.destinations, &desired.unreachable}) {
        for (const ike::Prefix& destination : *prefixes) {
            routes.push_back({.table = table,
                              .destination = destination,
                              .device = {},
                              .source = {},
                              .metric = worst_metric});
        }
    }
    return routes;
}

void add_device_routes(std::vector<TunnelRoute>& routes, const TunnelNetwork& desired,
                       std::uint32_t table, ike::InterfaceIndex device) {
    for (const ike::Prefix& destination : desired.destinations) {
        routes.push_back(
            {table, destination, device, source_for(desired, destination.address.family())});
    }
}

/// They are better than those into the device, and go with their own device.
void add_local_routes(std::vector<TunnelRoute>& routes, const TunnelNetwork& desired,
                      std::uint32_t table) {
    for (const LocalRoute& local : desired.local) {
        routes.push_back({table, local.destination, local.device, std::nullopt, local.next_hop});
    }
}

std::uint32_t gateway_priority(std::uint32_t table) {
    return first_gateway_priority + (table - first_table);
}

/// Into the table goes what is not IKE or ESP of ours.
std::vector<TunnelRule> rules_for(const std::vector<TunnelRoute>& routes, std::uint32_t table) {
    std::vector<TunnelRule> rules;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const auto ours = [&](const TunnelRoute& route) {
            return route.destination.address.family() == family;
        };
        const auto everything = [&](const TunnelRoute& route) {
            return ours(route) && route.destination.length == 0;
        };
        if (std::any_of(routes.begin(), routes.end(), ours)) {
            const bool last = std::any_of(routes.begin(), routes.end(), everything);
            const auto priority = last ? default_rule_priority : rule_priority;
            rules.push_back({family, priority, table, Marked::no});
        }
    }
    return rules;
}

/// Where the tunnel's own routes cover the gateway, strict reverse path filtering (RFC 3704 2.2,
/// Linux has it for IPv4) would drop what comes from it: the filter asks for the way back, without
/// our mark, and would be shown the tunnel. Only UDP to its two ports, for anything more would
/// leave in clear.
void add_gateway_rules(std::vector<TunnelRule>& rules, const TunnelNetwork& desired,
                       std::uint32_t priority) {
    for (const ike::IpAddress& gateway : desired.gateways) {
        const bool covered = std::any_of(
            desired.destinations.begin(), desired.destinations.end(),
            [&](const ike::Prefix& destination) { return destination.contains(gateway); });
        if (gateway.is_ipv4() && covered) {
            for (const std::uint16_t port : {ike::ike_port, ike::nat_t_port}) {
                rules.push_back({.family = Family::ipv4,
                                 .priority = priority,
                                 .table = RT_TABLE_MAIN,
                                 .destination = gateway,
                                 .protocol = IPPROTO_UDP,
                                 .port = port});
            }
        }
    }
}

/// A browser on its way to the login page: what it sends is looked up as without the tunnel.
void add_portal_rules(std::vector<TunnelRule>& rules, const TunnelNetwork& desired,
                      std::uint32_t priority) {
    if (!desired.portal) {
        return;
    }
    for (const std::uint16_t port : guard::portal_ports) {
        for (const Family family : {Family::ipv4, Family::ipv6}) {
            rules.push_back({.family = family,
                             .priority = priority,
                             .table = RT_TABLE_MAIN,
                             .protocol = IPPROTO_TCP,
                             .port = port});
        }
    }
    for (const ike::IpAddress& resolver : desired.portal->resolvers) {
        for (const auto protocol : {std::uint8_t{IPPROTO_UDP}, std::uint8_t{IPPROTO_TCP}}) {
            rules.push_back({.family = resolver.family(),
                             .priority = priority,
                             .table = RT_TABLE_MAIN,
                             .destination = resolver,
                             .protocol = protocol,
                             .port = guard::dns_port});
        }
    }
}

/// NetworkManager binds the socket of its check to the uplink, and asks by HTTP. The unreachable
/// routes would keep it from that uplink, and every network would be taken for a limited one.
void add_check_rules(std::vector<TunnelRule>& rules, const TunnelNetwork& desired,
                     std::uint32_t priority) {
    for (const std::string& uplink : desired.checked) {
        for (const Family family : {Family::ipv4, Family::ipv6}) {
            rules.push_back({.family = family,
                             .priority = priority,
                             .table = RT_TABLE_MAIN,
                             .protocol = IPPROTO_TCP,
                             .port = guard::check_port,
                             .output = uplink});
        }
    }
}

Outcome reconcile_addresses(Rtnetlink& netlink, ike::InterfaceIndex device,
                            const std::vector<ike::IpAddress>& desired, Surplus surplus) {
    auto present = netlink.addresses(device);
    if (!present) {
        return Fail{present.error()};
    }
    std::vector<ike::Prefix> hosts;
    std::ranges::transform(desired, std::back_inserter(hosts), ike::Prefix::host);
    return reconcile(
        *present, hosts, [&](const auto& host) { return netlink.add(device, host.address); },
        [&](const auto& address) {
            return surplus == Surplus::stays ? Outcome() : netlink.remove(device, address);
        });
}

/// Some of them may be there, but what goes to them does not come in any more.
Outcome renew_addresses(Rtnetlink& netlink, ike::InterfaceIndex device,
                        const std::vector<ike::IpAddress>& desired) {
    for (const ike::IpAddress& address : desired) {
        if (comes_in_here(address)) {
            continue;
        }
        if (auto removed = netlink.remove(device, ike::Prefix::host(address)); !removed) {
            return removed;
        }
        if (auto added = netlink.add(device, address); !added) {
            return added;
        }
    }
    return {};
}

/// Up, with this MTU, and without addresses of its own making.
Outcome reconcile_device(Rtnetlink& netlink, const DeviceState& present, std::uint32_t mtu) {
    // The MTU first: below 1280 the kernel has no IPv6 on a device, and no sysctls of it.
    if (present.mtu != mtu) {
        if (auto set = netlink.set_mtu(present.index, mtu); !set) {
            return set;
        }
    }
    prepare_ipv6(present.name);
    if (present.up) {
        return {};
    }
    if (auto none = netlink.make_no_link_local(present.index); !none) {
        return none;
    }
    return netlink.bring_up(present.index);
}

Outcome reconcile_routes(Rtnetlink& netlink, std::uint32_t table,
                         const std::vector<TunnelRoute>& desired, Surplus surplus) {
    auto present = netlink.routes();
    if (!present) {
        return Fail{present.error()};
    }
    // A route takes the place of another one of that metric to the same destination; in IPv6, where
    // a source does not count, to remove the other one would remove it.
    const auto replaced = [&](const TunnelRoute& route) {
        return std::find(desired.begin(), desired.end(), route) == desired.end() &&
               std::any_of(desired.begin(), desired.end(), [&](const TunnelRoute& other) {
                   return other.destination == route.destination && other.metric == route.metric;
               });
    };
    std::erase_if(*present, [&](const TunnelRoute& route) {
        return route.table != table || replaced(route);
    });
    return reconcile(
        *present, desired, [&](const auto& route) { return netlink.add(route); },
        [&](const auto& route) {
            return surplus == Surplus::stays ? Outcome() : netlink.remove(route);
        });
}

Outcome reconcile_rules(Rtnetlink& netlink, std::uint32_t table,
                        const std::vector<TunnelRule>& desired, Surplus surplus) {
    auto present = netlink.rules();
    if (!present) {
        return Fail{present.error()};
    }
    std::erase_if(*present, [&](const TunnelRule& rule) {
        return rule.table != table && rule.priority != gateway_priority(table);
    });
    return reconcile(
        *present, desired, [&](const auto& rule) { return netlink.add(rule); },
        [&](const auto& rule) {
            return surplus == Surplus::stays ? Outcome() : netlink.remove(rule);
        });
}

}  // namespace

Routes::~Routes() {
    if (!leaves_block_) {
        (void)clear();  // nobody is left to tell; the next start looks for leftovers
    }
}

Outcome Routes::open() {
    if (!netlink_) {
        auto opened = Rtnetlink::open();
        if (!opened) {
            return Fail{opened.error()};
        }
        netlink_ = std::move(*opened);
    }
    return {};
}

Outcome Routes::apply(TunnelNetwork desired) {
    if (auto opened = open(); !opened) {
        return opened;
    }
    if (!kernel_has_ipv6()) {
        leave_out_ipv6(desired);
    }
    auto routes = blocking_routes(desired, table_);
    auto rules = rules_for(routes, table_);
    add_gateway_rules(rules, desired, gateway_priority(table_));
    add_portal_rules(rules, desired, gateway_priority(table_));
    add_check_rules(rules, desired, gateway_priority(table_));
    // Routes first, so that no rule leads into an empty table, and on from there.
    if (auto done = reconcile_routes(*netlink_, table_, routes, Surplus::stays); !done) {
        return done;
    }
    if (auto done = reconcile_rules(*netlink_, table_, rules, Surplus::stays); !done) {
        return done;
    }
    return lead_into_device(std::move(desired), std::move(routes), rules);
}

Outcome Routes::lead_into_device(TunnelNetwork desired, std::vector<TunnelRoute> routes,
                                 const std::vector<TunnelRule>& rules) {
    const auto device = netlink_->state(desired.device);
    if (!device) {
        return Fail{device.error()};
    }
    // In the order the kernel asks for: a route wants its device up and its source address there.
    if (auto up = reconcile_device(*netlink_, *device, desired.mtu); !up) {
        return up;
    }
    leave_out_lost_address(desired);
    lacks_ipv6_ = wants_ipv6(desired) && !device_has_ipv6(desired.device);
    if (lacks_ipv6_) {
        leave_out_ipv6(desired);  // it stays blocked
    }
    const auto& addresses = desired.addresses;
    if (auto done = reconcile_addresses(*netlink_, device->index, addresses, Surplus::stays);
        !done) {
        return done;
    }
    if (auto done = renew_addresses(*netlink_, device->index, addresses); !done) {
        return done;
    }
    add_device_routes(routes, desired, table_, device->index);
    led_ = desired.destinations;
    add_local_routes(routes, desired, table_);
    if (auto done = reconcile_routes(*netlink_, table_, routes, Surplus::goes); !done) {
        return done;
    }
    if (auto done = reconcile_rules(*netlink_, table_, rules, Surplus::goes); !done) {
        return done;
    }
    // With an address the kernel takes away the routes that name it, so first they get another.
    return reconcile_addresses(*netlink_, device->index, addresses, Surplus::goes);
}

Outcome Routes::clear() {
    if (!netlink_) {
        return {};
    }
    if (auto rules = reconcile_rules(*netlink_, table_, {}, Surplus::goes); !rules) {
        return rules;
    }
    return reconcile_routes(*netlink_, table_, {}, Surplus::goes);
}

std::vector<ike::Prefix> blocked_beside(const std::vector<ike::Prefix>& wanted,
                                        const std::vector<ike::Prefix>& granted) {
    const auto everything_of = [](const std::vector<ike::Prefix>& prefixes, Family family) {
        return std::any_of(prefixes.begin(), prefixes.end(), [&](const ike::Prefix& prefix) {
            return prefix.length == 0 && prefix.address.family() == family;
        });
    };
    std::vector<ike::Prefix> blocked;
    for (const auto& [family, other] :
         {std::pair(Family::ipv4, Family::ipv6), std::pair(Family::ipv6, Family::ipv4)}) {
        if (everything_of(wanted, family) && !everything_of(granted, family) &&
            everything_of(granted, other)) {
            blocked.push_back({ike::IpAddress::any(family), 0});
        }
    }
    return blocked;
}

}  // namespace agent
