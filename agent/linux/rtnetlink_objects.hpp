// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/linux/rtnetlink.hpp"

#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <netlink/route/rule.h>

namespace agent {

// Between our values and libnl's objects. Included by rtnetlink.cpp only.

template <auto release>
struct ReleaseWith {
    template <class T>
    void operator()(T* object) const {
        release(object);
    }
};
using LinkObject = std::unique_ptr<rtnl_link, ReleaseWith<rtnl_link_put>>;
using AddressObject = std::unique_ptr<rtnl_addr, ReleaseWith<rtnl_addr_put>>;
using RouteObject = std::unique_ptr<rtnl_route, ReleaseWith<rtnl_route_put>>;
using RuleObject = std::unique_ptr<rtnl_rule, ReleaseWith<rtnl_rule_put>>;

LinkObject object(DeviceKind kind, std::uint32_t number);
AddressObject object(ike::InterfaceIndex device, const ike::Prefix& address);
RouteObject object(const TunnelRoute& route);
/// All of it but the "not" of Marked::no and root_only, for which libnl has no word.
RuleObject object(const TunnelRule& rule);

/// None if it is not ours.
std::optional<TunnelDevice> value(rtnl_link* link);
TunnelRoute value(rtnl_route* route);
TunnelRule value(rtnl_rule* rule);
/// None of nullptr.
std::optional<ike::IpAddress> address_of(nl_addr* address);

}  // namespace agent
