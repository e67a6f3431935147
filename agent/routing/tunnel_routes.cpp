// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/tunnel_routes.hpp"

#include "agent/linux/device_sysctls.hpp"
#include "agent/linux/local_route.hpp"
#include "agent/routing/wanted_routes.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace agent {

using ike::Fail;
using ike::Family;

namespace {

using Outcome = ike::Result<void, SystemError>;

/// Whether routes that are there and not desired are removed.
enum class Surplus : std::uint8_t { stays, goes };

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
    const auto rules = wanted_rules(desired, routes, table_);
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
