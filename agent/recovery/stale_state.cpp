// SPDX-License-Identifier: Apache-2.0
#include "agent/recovery/stale_state.hpp"

#include "agent/dataplane/xfrm/stale_states.hpp"
#include "agent/linux/kernel_ids.hpp"

#include <optional>

namespace agent {

using ike::Fail;

namespace {

/// Of the tunnel that it blocks for. None: those for outer packets block nothing.
std::optional<std::uint32_t> tunnel_of(const TunnelRule& rule) {
    if (rule.priority >= first_gateway_priority &&
        rule.priority < first_gateway_priority + max_tunnels) {
        return first_table + (rule.priority - first_gateway_priority);
    }
    return is_number_of_tunnel(rule.table) ? std::optional(rule.table) : std::nullopt;
}

std::optional<std::uint32_t> tunnel_of(const TunnelRoute& route) {
    return is_number_of_tunnel(route.table) ? std::optional(route.table) : std::nullopt;
}

std::optional<std::uint32_t> tunnel_of(const TunnelDevice& device) {
    return device.number;
}

bool is_ours(std::uint32_t table) {
    return table >= first_table && table < end_of_tables;
}

bool is_ours(const TunnelRule& rule) {
    return is_ours(rule.table) || tunnel_of(rule);
}

bool is_ours(const TunnelRoute& route) {
    return is_ours(route.table);
}

bool is_ours(const TunnelDevice&) {
    return true;  // as Rtnetlink lists them
}

/// Removes what `unwanted(tunnel_of(item))` says, and tells how much it was.
template <class T, class Unwanted>
ike::Result<std::size_t, SystemError> remove(Rtnetlink& netlink,
                                             const Rtnetlink::Outcome<std::vector<T>>& present,
                                             const Unwanted& unwanted) {
    if (!present) {
        return Fail{present.error()};
    }
    std::size_t count = 0;
    for (const T& item : *present) {
        if (is_ours(item) && unwanted(tunnel_of(item))) {
            if (auto removed = netlink.remove(item); !removed) {
                return Fail{removed.error()};
            }
            ++count;
        }
    }
    return count;
}

/// Rules first, so that none leads to where nothing is; and devices last.
template <class Unwanted>
ike::Result<Leftovers, SystemError> remove_routing(Rtnetlink& netlink, const Unwanted& unwanted) {
    Leftovers found;
    const auto rules = remove(netlink, netlink.rules(), unwanted);
    if (!rules) {
        return Fail{rules.error()};
    }
    const auto routes = remove(netlink, netlink.routes(), unwanted);
    if (!routes) {
        return Fail{routes.error()};
    }
    const auto devices = remove(netlink, netlink.devices(), unwanted);
    if (!devices) {
        return Fail{devices.error()};
    }
    found.rules = *rules;
    found.routes = *routes;
    found.devices = *devices;
    return found;
}

}  // namespace

ike::Result<Leftovers, SystemError> remove_leftovers(const TunnelNumbers& keep) {
    auto netlink = Rtnetlink::open();
    if (!netlink) {
        return Fail{netlink.error()};
    }
    const auto devices = netlink->devices();
    if (!devices) {
        return Fail{devices.error()};
    }
    TunnelNumbers with_device;
    for (const TunnelDevice& device : *devices) {
        with_device.insert(device.number);
    }
    const auto ipsec = xfrm::remove_stale_states(with_device);
    if (!ipsec) {
        return Fail{ipsec.error()};
    }
    auto found = remove_routing(*netlink, [&](std::optional<std::uint32_t> tunnel) {
        return !tunnel || !keep.contains(*tunnel);
    });
    if (found) {
        found->states = ipsec->states;
        found->policies = ipsec->policies;
    }
    return found;
}

ike::Result<Leftovers, SystemError> remove_block(std::uint32_t number) {
    auto netlink = Rtnetlink::open();
    if (!netlink) {
        return Fail{netlink.error()};
    }
    return remove_routing(
        *netlink, [number](std::optional<std::uint32_t> tunnel) { return tunnel == number; });
}

}  // namespace agent
