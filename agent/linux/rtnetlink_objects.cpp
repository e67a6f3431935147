// SPDX-License-Identifier: Apache-2.0
#include "agent/linux/rtnetlink_objects.hpp"

#include "agent/linux/kernel_ids.hpp"
#include "agent/linux/socket_mark.hpp"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/route/link/xfrmi.h>
#include <netlink/route/nexthop.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace agent {

using ike::Family;
using ike::InterfaceIndex;
using ike::IpAddress;

namespace {

using KernelAddress = std::unique_ptr<nl_addr, ReleaseWith<nl_addr_put>>;

constexpr std::uint32_t whole_mark = 0xffffffff;
constexpr const char* device_name = "roamd%d";  // the kernel puts in the first free number
constexpr std::array kinds{std::pair(DeviceKind::xfrm, "xfrm"),
                           std::pair(DeviceKind::dummy, "dummy"),
                           std::pair(DeviceKind::tun, "tun")};

const char* name(DeviceKind kind) {
    return std::find_if(kinds.begin(), kinds.end(),
                        [&](const auto& item) { return item.first == kind; })
        ->second;
}

std::optional<DeviceKind> kind_of(rtnl_link* link) {
    const char* const type = rtnl_link_get_type(link);
    const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const auto& item) {
        return type != nullptr && std::string_view(type) == item.second;
    });
    return found == kinds.end() ? std::nullopt : std::optional(found->first);
}

bool has_if_id(rtnl_link* link, std::uint32_t number) {
    std::uint32_t if_id = 0;
    return rtnl_link_xfrmi_get_if_id(link, &if_id) >= 0 && if_id == number;
}

int number(Family family) {
    return family == Family::ipv4 ? AF_INET : AF_INET6;
}

KernelAddress kernel_address(const ike::Prefix& prefix) {
    const ike::ByteView bytes = prefix.address.bytes();
    KernelAddress address(
        nl_addr_build(number(prefix.address.family()), bytes.data(), bytes.size()));
    nl_addr_set_prefixlen(address.get(), prefix.length);
    return address;
}

KernelAddress host(const IpAddress& address) {
    return kernel_address(ike::Prefix::host(address));
}

/// Belongs to the route it is added to.
rtnl_nexthop* next_hop(const TunnelRoute& route) {
    rtnl_nexthop* const hop = rtnl_route_nh_alloc();
    rtnl_route_nh_set_ifindex(hop, static_cast<int>(route.device->value));
    if (!route.next_hop) {
        return hop;
    }
    if (route.next_hop->family() == route.destination.address.family()) {
        rtnl_route_nh_set_gateway(hop, host(*route.next_hop).get());
    } else {
        rtnl_route_nh_set_via(hop, host(*route.next_hop).get());  // RFC 8950
    }
    // The table main has this next hop, so it is one; a lookup might end in a tunnel's own table.
    rtnl_route_nh_set_flags(hop, RTNH_F_ONLINK);
    return hop;
}

/// A default route has no destination address of its own.
ike::Prefix prefix_of(nl_addr* address, Family family) {
    const IpAddress base = address_of(address).value_or(IpAddress::any(family));
    const unsigned length = address == nullptr ? 0 : nl_addr_get_prefixlen(address);
    return {base, static_cast<std::uint8_t>(length)};
}

/// Of a route that is added without one.
std::uint32_t default_metric(Family family) {
    return family == Family::ipv4 ? 0 : 1024;
}

}  // namespace

std::optional<IpAddress> address_of(nl_addr* address) {
    if (address == nullptr) {
        return std::nullopt;
    }
    const auto* bytes = static_cast<const std::uint8_t*>(nl_addr_get_binary_addr(address));
    return IpAddress::from_bytes({bytes, nl_addr_get_len(address)});
}

LinkObject object(DeviceKind kind, std::uint32_t number) {
    LinkObject result(kind == DeviceKind::xfrm ? rtnl_link_xfrmi_alloc() : rtnl_link_alloc());
    if (kind == DeviceKind::xfrm) {
        rtnl_link_xfrmi_set_if_id(result.get(), number);
    } else {
        rtnl_link_set_type(result.get(), name(kind));
    }
    rtnl_link_set_name(result.get(), device_name);
    rtnl_link_set_group(result.get(), number);
    return result;
}

AddressObject object(InterfaceIndex device, const ike::Prefix& prefix) {
    AddressObject result(rtnl_addr_alloc());
    rtnl_addr_set_ifindex(result.get(), static_cast<int>(device.value));
    rtnl_addr_set_local(result.get(), kernel_address(prefix).get());
    // No other host has it, so nothing is to detect; and the main table gets no route for it.
    rtnl_addr_set_flags(result.get(),
                        IFA_F_NOPREFIXROUTE | (prefix.address.is_ipv6() ? IFA_F_NODAD : 0U));
    return result;
}

RouteObject object(const TunnelRoute& route) {
    RouteObject result(rtnl_route_alloc());
    const Family family = route.destination.address.family();
    rtnl_route_set_family(result.get(), static_cast<std::uint8_t>(number(family)));
    rtnl_route_set_table(result.get(), route.table);
    rtnl_route_set_protocol(result.get(), route_protocol);
    rtnl_route_set_dst(result.get(), kernel_address(route.destination).get());
    rtnl_route_set_type(result.get(), route.device ? RTN_UNICAST : RTN_UNREACHABLE);
    if (route.source) {
        rtnl_route_set_pref_src(result.get(), host(*route.source).get());
    }
    if (route.device) {
        rtnl_route_add_nexthop(result.get(), next_hop(route));
    }
    // Named always: to remove a route without one would remove any to the same destination.
    rtnl_route_set_priority(result.get(),
                            route.metric != 0 ? route.metric : default_metric(family));
    if (route.mtu != 0) {
        rtnl_route_set_metric(result.get(), RTAX_MTU, route.mtu);
    }
    const bool on_link = route.device && !route.next_hop && family == Family::ipv4;
    rtnl_route_set_scope(result.get(), on_link ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
    return result;
}

RuleObject object(const TunnelRule& rule) {
    RuleObject result(rtnl_rule_alloc());
    rtnl_rule_set_family(result.get(), number(rule.family));
    rtnl_rule_set_prio(result.get(), rule.priority);
    rtnl_rule_set_table(result.get(), rule.table);
    if (rule.marked != Marked::either) {
        rtnl_rule_set_mark(result.get(), outer_mark);
        rtnl_rule_set_mask(result.get(), whole_mark);
    }
    if (rule.source) {
        rtnl_rule_set_src(result.get(), host(*rule.source).get());
    }
    if (rule.destination) {
        rtnl_rule_set_dst(result.get(), host(*rule.destination).get());
    }
    if (rule.protocol != 0) {
        rtnl_rule_set_ipproto(result.get(), rule.protocol);
    }
    if (rule.port != 0) {
        rtnl_rule_set_dport(result.get(), rule.port);
    }
    if (!rule.output.empty()) {
        rtnl_rule_set_oif(result.get(), rule.output.c_str());
    }
    rtnl_rule_set_action(result.get(), FR_ACT_TO_TBL);
    rtnl_rule_set_protocol(result.get(), route_protocol);
    return result;
}

std::optional<TunnelDevice> value(rtnl_link* link) {
    const std::string_view device = rtnl_link_get_name(link);
    const auto kind = kind_of(link);
    const std::uint32_t number = rtnl_link_get_group(link);
    if (!kind || !device.starts_with(device_prefix) || !is_number_of_tunnel(number) ||
        (kind == DeviceKind::xfrm && !has_if_id(link, number))) {
        return std::nullopt;
    }
    const InterfaceIndex index{static_cast<std::uint32_t>(rtnl_link_get_ifindex(link))};
    return TunnelDevice{*kind, std::string(device), index, number};
}

TunnelRoute value(rtnl_route* route) {
    TunnelRoute result;
    const Family family = rtnl_route_get_family(route) == AF_INET ? Family::ipv4 : Family::ipv6;
    result.table = rtnl_route_get_table(route);
    result.destination = prefix_of(rtnl_route_get_dst(route), family);
    result.source = address_of(rtnl_route_get_pref_src(route));
    if (rtnl_route_get_type(route) == RTN_UNICAST && rtnl_route_get_nnexthops(route) > 0) {
        rtnl_nexthop* const hop = rtnl_route_nexthop_n(route, 0);
        const int index = rtnl_route_nh_get_ifindex(hop);
        result.device = InterfaceIndex{static_cast<std::uint32_t>(index)};
        result.next_hop = address_of(rtnl_route_nh_get_gateway(hop));
        if (!result.next_hop) {
            result.next_hop = address_of(rtnl_route_nh_get_via(hop));
        }
    }
    (void)rtnl_route_get_metric(route, RTAX_MTU, &result.mtu);  // stays 0 where there is none
    const std::uint32_t metric = rtnl_route_get_priority(route);
    result.metric = metric == default_metric(family) ? 0 : metric;
    return result;
}

TunnelRule value(rtnl_rule* rule) {
    TunnelRule result;
    result.family = rtnl_rule_get_family(rule) == AF_INET ? Family::ipv4 : Family::ipv6;
    result.priority = rtnl_rule_get_prio(rule);
    result.table = rtnl_rule_get_table(rule);
    result.source = address_of(rtnl_rule_get_src(rule));
    result.destination = address_of(rtnl_rule_get_dst(rule));
    if (rtnl_rule_get_mark(rule) == outer_mark) {
        // libnl has no word for "not". The rules for what is not ours ask for no source.
        result.marked = result.source ? Marked::yes : Marked::no;
    }
    (void)rtnl_rule_get_ipproto(rule, &result.protocol);
    std::uint16_t last_port = 0;
    (void)rtnl_rule_get_dport(rule, &result.port, &last_port);
    if (const char* output = rtnl_rule_get_oif(rule)) {
        result.output = output;
    }
    return result;
}

}  // namespace agent
