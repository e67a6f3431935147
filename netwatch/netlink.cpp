// SPDX-License-Identifier: Apache-2.0
#include "netwatch/netlink.hpp"

#include "netwatch/attributes.hpp"
#include "netwatch/netlink_route.hpp"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

namespace netwatch {

namespace {

using LinkAttributes = Attributes<IFLA_LINKINFO>;
using InfoAttributes = Attributes<IFLA_INFO_KIND>;
using AddressAttributes = Attributes<IFA_FLAGS>;

Message translate_link(const nlmsghdr& message) {
    LinkAttributes::Policy policy{};
    policy[IFLA_IFNAME] = name_policy;
    policy[IFLA_MTU] = number_policy;
    policy[IFLA_MASTER] = number_policy;
    const auto attributes = LinkAttributes::behind<ifinfomsg>(message, policy);
    if (!attributes) {
        return Unreadable{};
    }
    const auto header = header_of<ifinfomsg>(message);
    // A port leaving its bridge is an RTM_DELLINK of the bridge family; a wireless extensions event
    // is an RTM_NEWLINK that leaves out most of the link.
    if (header.ifi_family != AF_UNSPEC || attributes->has(IFLA_WIRELESS)) {
        return Irrelevant{};
    }
    const ike::InterfaceIndex index{static_cast<std::uint32_t>(header.ifi_index)};
    if (message.nlmsg_type == RTM_DELLINK) {
        return LinkRemoved{index};
    }
    if (!attributes->has(IFLA_IFNAME)) {
        return Unreadable{};
    }
    Link link{
        .index = index,
        .name = attributes->text(IFLA_IFNAME),
        .kind = {},
        .mtu = attributes->number(IFLA_MTU),
        .up = (header.ifi_flags & IFF_UP) != 0,
        .running = (header.ifi_flags & IFF_RUNNING) != 0 && (header.ifi_flags & IFF_LOWER_UP) != 0,
        .loopback = (header.ifi_flags & IFF_LOOPBACK) != 0,
        .point_to_point = (header.ifi_flags & IFF_POINTOPOINT) != 0,
        .master = std::nullopt};
    if (attributes->has(IFLA_MASTER)) {
        link.master = ike::InterfaceIndex{attributes->number(IFLA_MASTER)};
    }
    if (attributes->has(IFLA_LINKINFO)) {
        InfoAttributes::Policy info_policy{};
        info_policy[IFLA_INFO_KIND] = name_policy;
        const auto info = InfoAttributes::inside((*attributes)[IFLA_LINKINFO], info_policy);
        if (!info) {
            return Unreadable{};
        }
        link.kind = info->text(IFLA_INFO_KIND);
    }
    return LinkChanged{link};
}

Message translate_address(const nlmsghdr& message) {
    AddressAttributes::Policy policy{};
    policy[IFA_FLAGS] = number_policy;
    const auto attributes = AddressAttributes::behind<ifaddrmsg>(message, policy);
    if (!attributes) {
        return Unreadable{};
    }
    const auto header = header_of<ifaddrmsg>(message);
    const auto family = family_of(header.ifa_family);
    if (!family) {
        return Irrelevant{};
    }
    // IFA_LOCAL is ours and IFA_ADDRESS the peer's where both are there; else IFA_ADDRESS is ours.
    const auto outer = attributes->address(IFA_ADDRESS);
    const auto local = attributes->has(IFA_LOCAL) ? attributes->address(IFA_LOCAL) : outer;
    if (!local || local->family() != *family || header.ifa_prefixlen > local->size() * 8 ||
        (outer && outer->family() != *family)) {
        return Unreadable{};
    }
    const std::uint32_t flags = attributes->number(IFA_FLAGS, header.ifa_flags);
    const bool optimistic = (flags & IFA_F_OPTIMISTIC) != 0;  // RFC 4429: may be used meanwhile
    Address address{.interface = {header.ifa_index},
                    .address = *local,
                    .prefix_length = header.ifa_prefixlen,
                    .peer = outer != local ? outer : std::nullopt,
                    .scope = static_cast<Scope>(header.ifa_scope),
                    .tentative = (flags & IFA_F_TENTATIVE) != 0 && !optimistic,
                    .dad_failed = (flags & IFA_F_DADFAILED) != 0,
                    .deprecated = (flags & IFA_F_DEPRECATED) != 0,
                    // In IPv4 the same bit says "secondary".
                    .temporary = local->is_ipv6() && (flags & IFA_F_TEMPORARY) != 0};
    if (message.nlmsg_type == RTM_DELADDR) {
        return AddressRemoved{address};
    }
    return AddressChanged{address};
}

}  // namespace

void for_each_message(ike::ByteView datagram, const MessageSink& sink) {
    const auto* message = reinterpret_cast<const nlmsghdr*>(datagram.data());
    int rest = static_cast<int>(datagram.size());
    while (::nlmsg_ok(message, rest) != 0) {
        sink(*message);
        // libnl only reads, but its interface of this version is not const.
        message = ::nlmsg_next(const_cast<nlmsghdr*>(message), &rest);
    }
}

Message translate(const nlmsghdr& message) {
    switch (message.nlmsg_type) {
        case RTM_NEWLINK:
        case RTM_DELLINK:
            return translate_link(message);
        case RTM_NEWADDR:
        case RTM_DELADDR:
            return translate_address(message);
        case RTM_NEWROUTE:
        case RTM_DELROUTE:
            return translate_route(message);
        case RTM_NEWNEXTHOP:
        case RTM_DELNEXTHOP:
            return NextHopChanged{};
        default:
            return Irrelevant{};
    }
}

}  // namespace netwatch
