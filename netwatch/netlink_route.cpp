// SPDX-License-Identifier: Apache-2.0
#include "netwatch/netlink_route.hpp"

#include "netwatch/attributes.hpp"

#include <linux/rtnetlink.h>

#include <algorithm>
#include <optional>

namespace netwatch {

namespace {

using RouteAttributes = Attributes<RTA_PREF>;
using MetricAttributes = Attributes<RTAX_MTU>;

RouteAttributes::Policy route_policy() {
    RouteAttributes::Policy policy{};
    policy[RTA_OIF] = number_policy;
    policy[RTA_PRIORITY] = number_policy;
    policy[RTA_TABLE] = number_policy;
    policy[RTA_PREF] = byte_policy;
    return policy;
}

/// In the main or default table, for any type of service, no cached copy, and of a type that leads
/// somewhere or ends the lookup.
bool relevant(const rtmsg& header, std::uint32_t table) {
    const bool wanted_type = header.rtm_type == RTN_UNICAST || header.rtm_type == RTN_UNREACHABLE ||
                             header.rtm_type == RTN_BLACKHOLE || header.rtm_type == RTN_PROHIBIT;
    return wanted_type && (table == main_table || table == default_table) &&
           (header.rtm_flags & RTM_F_CLONED) == 0 && header.rtm_tos == 0;
}

std::optional<ike::Prefix> prefix(const RouteAttributes& attributes, std::size_t type,
                                  ike::Family family, std::uint8_t length) {
    const auto address =
        attributes.has(type) ? attributes.address(type) : ike::IpAddress::any(family);
    if (!address || address->family() != family || length > address->size() * 8) {
        return std::nullopt;
    }
    return ike::Prefix{*address, length};
}

RouterPreference preference(const RouteAttributes& attributes) {
    switch (attributes.has(RTA_PREF) ? ::nla_get_u8(attributes[RTA_PREF]) : 0U) {
        case 1:  // RFC 4191 2.1
            return RouterPreference::high;
        case 3:
            return RouterPreference::low;
        default:
            return RouterPreference::medium;
    }
}

/// RTA_GATEWAY, or RTA_VIA: a gateway of the other family, with its family before it.
std::optional<ike::IpAddress> next_hop(const RouteAttributes& attributes) {
    if (attributes.has(RTA_VIA) && attributes.bytes(RTA_VIA).size() > sizeof(rtvia::rtvia_family)) {
        return ike::IpAddress::from_bytes(
            attributes.bytes(RTA_VIA).subspan(sizeof(rtvia::rtvia_family)));
    }
    return attributes.address(RTA_GATEWAY);
}

/// The part of the route that all its next hops have in common.
std::optional<Route> common_part(const rtmsg& header, const RouteAttributes& attributes,
                                 ike::Family family) {
    const auto destination = prefix(attributes, RTA_DST, family, header.rtm_dst_len);
    const auto source = prefix(attributes, RTA_SRC, family, header.rtm_src_len);
    if (!destination || !source) {
        return std::nullopt;
    }
    Route route{.destination = *destination,
                .source = source->length == 0 ? std::nullopt : source,
                .metric = attributes.number(RTA_PRIORITY),
                .preference = preference(attributes),
                .gateway = std::nullopt,
                .out = {},
                .preferred_source = attributes.address(RTA_PREFSRC),
                .protocol = header.rtm_protocol,
                .rejects = header.rtm_type != RTN_UNICAST};
    if (attributes.has(RTA_METRICS)) {
        MetricAttributes::Policy policy{};
        policy[RTAX_MTU] = number_policy;
        const auto metrics = MetricAttributes::inside(attributes[RTA_METRICS], policy);
        if (!metrics) {
            return std::nullopt;
        }
        route.mtu = metrics->number(RTAX_MTU);
    }
    return route;
}

/// One route for each next hop; a dead one only on request. Nothing if the list is malformed.
std::optional<std::vector<Route>> over_next_hops(const Route& common, ike::ByteView list,
                                                 bool with_dead) {
    std::vector<Route> routes;
    while (!list.empty()) {
        rtnexthop hop{};
        if (list.size() < sizeof hop) {
            return std::nullopt;
        }
        std::memcpy(&hop, list.data(), sizeof hop);
        if (hop.rtnh_len < sizeof hop || hop.rtnh_len > list.size()) {
            return std::nullopt;
        }
        const auto attributes = RouteAttributes::of(
            list.subspan(sizeof hop, hop.rtnh_len - sizeof hop), route_policy());
        if (!attributes) {
            return std::nullopt;
        }
        if (with_dead || (hop.rtnh_flags & RTNH_F_DEAD) == 0) {
            Route route = common;
            route.out = {static_cast<std::uint32_t>(hop.rtnh_ifindex)};
            route.gateway = next_hop(*attributes);
            routes.push_back(route);
        }
        const std::size_t step =
            (std::size_t{hop.rtnh_len} + RTNH_ALIGNTO - 1) & ~std::size_t{RTNH_ALIGNTO - 1};
        list = list.subspan(std::min(list.size(), step));
    }
    return routes;
}

/// The route as a list of next hops, whichever way the message tells them.
std::optional<std::vector<Route>> flattened(const rtmsg& header, const RouteAttributes& attributes,
                                            Route common, bool with_dead) {
    if (common.rejects) {
        return std::vector{common};
    }
    if (attributes.has(RTA_MULTIPATH)) {
        return over_next_hops(common, attributes.bytes(RTA_MULTIPATH), with_dead);
    }
    if (!with_dead && (header.rtm_flags & RTNH_F_DEAD) != 0) {
        return std::vector<Route>{};
    }
    common.out = {attributes.number(RTA_OIF)};
    common.gateway = next_hop(attributes);
    return std::vector{common};
}

}  // namespace

Message translate_route(const nlmsghdr& message) {
    const auto attributes = RouteAttributes::behind<rtmsg>(message, route_policy());
    if (!attributes) {
        return Unreadable{};
    }
    const auto header = header_of<rtmsg>(message);
    const auto family = family_of(header.rtm_family);
    if (!family || !relevant(header, attributes->number(RTA_TABLE, header.rtm_table))) {
        return Irrelevant{};
    }
    auto common = common_part(header, *attributes, *family);
    if (!common) {
        return Unreadable{};
    }
    common->table = attributes->number(RTA_TABLE, header.rtm_table);
    const bool removed = message.nlmsg_type == RTM_DELROUTE;
    auto routes = flattened(header, *attributes, *common, removed);
    if (!routes) {
        return Unreadable{};
    }
    if (removed) {
        return RouteRemoved{*std::move(routes)};
    }
    return RouteChanged{.routes = *std::move(routes),
                        .replaces = (message.nlmsg_flags & NLM_F_REPLACE) != 0};
}

}  // namespace netwatch
