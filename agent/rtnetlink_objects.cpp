// SPDX-License-Identifier: Apache-2.0
#include "agent/rtnetlink_objects.hpp"

#include "agent/outer_mark.hpp"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/route/nexthop.h>

#include <netinet/in.h>
#include <sys/socket.h>

namespace agent {

using ike::Family;
using ike::InterfaceIndex;
using ike::IpAddress;

namespace {

using KernelAddress = std::unique_ptr<nl_addr, ReleaseWith<nl_addr_put>>;

constexpr std::uint32_t whole_mark = 0xffffffff;

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

/// A default route has no destination address of its own.
ike::Prefix prefix_of(nl_addr* address, Family family) {
    const IpAddress base = address_of(address).value_or(IpAddress::any(family));
    const unsigned length = address == nullptr ? 0 : nl_addr_get_prefixlen(address);
    return {base, static_cast<std::uint8_t>(length)};
}

}  // namespace

std::optional<IpAddress> address_of(nl_addr* address) {
    if (address == nullptr) {
        return std::nullopt;
    }
    const auto* bytes = static_cast<const std::uint8_t*>(nl_addr_get_binary_addr(address));
    return IpAddress::from_bytes({bytes, nl_addr_get_len(address)});
}

AddressObject object(InterfaceIndex device, const IpAddress& address) {
    AddressObject result(rtnl_addr_alloc());
    rtnl_addr_set_ifindex(result.get(), static_cast<int>(device.value));
    rtnl_addr_set_local(result.get(), kernel_address(ike::Prefix::host(address)).get());
    // No other host has it, so nothing is to detect; and the main table gets no route for it.
    rtnl_addr_set_flags(result.get(), IFA_F_NOPREFIXROUTE | (address.is_ipv6() ? IFA_F_NODAD : 0U));
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
        rtnl_route_set_pref_src(result.get(),
                                kernel_address(ike::Prefix::host(*route.source)).get());
    }
    if (route.device) {
        rtnl_nexthop* hop = rtnl_route_nh_alloc();  // belongs to the route once added
        rtnl_route_nh_set_ifindex(hop, static_cast<int>(route.device->value));
        rtnl_route_add_nexthop(result.get(), hop);
    }
    rtnl_route_set_scope(
        result.get(), route.device && family == Family::ipv4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
    return result;
}

RuleObject object(const TunnelRule& rule) {
    RuleObject result(rtnl_rule_alloc());
    rtnl_rule_set_family(result.get(), number(rule.family));
    rtnl_rule_set_prio(result.get(), rule.priority);
    rtnl_rule_set_table(result.get(), rule.table);
    if (rule.gateway) {
        rtnl_rule_set_dst(result.get(),
                          kernel_address(ike::Prefix::host(rule.gateway->address)).get());
        rtnl_rule_set_ipproto(result.get(), IPPROTO_UDP);
        rtnl_rule_set_dport(result.get(), rule.gateway->port);
    } else {
        rtnl_rule_set_mark(result.get(), outer_mark);
        rtnl_rule_set_mask(result.get(), whole_mark);
    }
    rtnl_rule_set_action(result.get(), FR_ACT_TO_TBL);
    rtnl_rule_set_protocol(result.get(), route_protocol);
    return result;
}

TunnelRoute value(rtnl_route* route) {
    TunnelRoute result;
    const Family family = rtnl_route_get_family(route) == AF_INET ? Family::ipv4 : Family::ipv6;
    result.table = rtnl_route_get_table(route);
    result.destination = prefix_of(rtnl_route_get_dst(route), family);
    result.source = address_of(rtnl_route_get_pref_src(route));
    if (rtnl_route_get_type(route) == RTN_UNICAST && rtnl_route_get_nnexthops(route) > 0) {
        const int index = rtnl_route_nh_get_ifindex(rtnl_route_nexthop_n(route, 0));
        result.device = InterfaceIndex{static_cast<std::uint32_t>(index)};
    }
    return result;
}

TunnelRule value(rtnl_rule* rule) {
    TunnelRule result;
    result.family = rtnl_rule_get_family(rule) == AF_INET ? Family::ipv4 : Family::ipv6;
    result.priority = rtnl_rule_get_prio(rule);
    result.table = rtnl_rule_get_table(rule);
    std::uint16_t port = 0;
    std::uint16_t last_port = 0;
    const auto destination = address_of(rtnl_rule_get_dst(rule));
    if (destination && rtnl_rule_get_dport(rule, &port, &last_port) >= 0) {
        result.gateway = {*destination, port};
    }
    return result;
}

}  // namespace agent
