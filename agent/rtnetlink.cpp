// SPDX-License-Identifier: Apache-2.0
#include "agent/rtnetlink.hpp"

#include "agent/outer_mark.hpp"
#include "ike/base/expects.hpp"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/cache.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <netlink/route/rule.h>

#include <net/if.h>
#include <sys/socket.h>

#include <utility>

namespace agent {

using ike::Fail;
using ike::Family;
using ike::InterfaceIndex;
using ike::IpAddress;

namespace {

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
using KernelAddress = std::unique_ptr<nl_addr, ReleaseWith<nl_addr_put>>;
using Message = std::unique_ptr<nl_msg, ReleaseWith<nlmsg_free>>;
using Cache = std::unique_ptr<nl_cache, ReleaseWith<nl_cache_free>>;

constexpr std::uint32_t whole_mark = 0xffffffff;
constexpr int dump_tries = 5;  // a dump that a change interrupts is asked for again

int number(Family family) {
    return family == Family::ipv4 ? AF_INET : AF_INET6;
}

SystemError refused(const std::string& what, int error) {
    const bool rights = error == -NLE_PERM || error == -NLE_NOACCESS;
    return {what + ": " + nl_geterror(error), 0,
            rights ? "run roamd as root, or give it CAP_NET_ADMIN" : ""};
}

ike::Result<void, SystemError> outcome(const std::string& what, int error) {
    if (error < 0) {
        return Fail{refused(what, error)};
    }
    return {};
}

KernelAddress kernel_address(const ike::Prefix& prefix) {
    const ike::ByteView bytes = prefix.address.bytes();
    KernelAddress address(
        nl_addr_build(number(prefix.address.family()), bytes.data(), bytes.size()));
    nl_addr_set_prefixlen(address.get(), prefix.length);
    return address;
}

std::optional<IpAddress> address_of(nl_addr* address) {
    if (address == nullptr) {
        return std::nullopt;
    }
    const auto* bytes = static_cast<const std::uint8_t*>(nl_addr_get_binary_addr(address));
    return IpAddress::from_bytes({bytes, nl_addr_get_len(address)});
}

/// A default route has no destination address of its own.
ike::Prefix prefix_of(nl_addr* address, Family family) {
    const IpAddress base = address_of(address).value_or(IpAddress::any(family));
    const unsigned length = address == nullptr ? 0 : nl_addr_get_prefixlen(address);
    return {base, static_cast<std::uint8_t>(length)};
}

/// Calls `allocate(&cache)` until no change comes in between.
template <class Allocate>
ike::Result<Cache, SystemError> dump(const std::string& what, Allocate allocate) {
    int error = -NLE_DUMP_INTR;
    for (int tries = 0; tries < dump_tries && error == -NLE_DUMP_INTR; ++tries) {
        nl_cache* cache = nullptr;
        error = allocate(&cache);
        if (error >= 0) {
            return Cache(cache);
        }
    }
    return Fail{refused(what, error)};
}

template <class Object, class Visit>
void for_each(const Cache& cache, Visit visit) {
    for (nl_object* item = nl_cache_get_first(cache.get()); item != nullptr;
         item = nl_cache_get_next(item)) {
        visit(reinterpret_cast<Object*>(item));  // libnl's own way down from its base object
    }
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
    rtnl_rule_set_mark(result.get(), outer_mark);
    rtnl_rule_set_mask(result.get(), whole_mark);
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

std::string text(const TunnelRoute& route) {
    return "route to " + route.destination.text() + " in table " + std::to_string(route.table);
}

std::string text(const TunnelRule& rule) {
    return "rule " + std::to_string(rule.priority) + " for table " + std::to_string(rule.table);
}

}  // namespace

void Rtnetlink::CloseSocket::operator()(nl_sock* socket) const {
    nl_socket_free(socket);
}

Rtnetlink::Outcome<Rtnetlink> Rtnetlink::open() {
    Socket socket(nl_socket_alloc());
    ike::expects(socket != nullptr, "memory for a socket");
    if (const int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0) {
        return Fail{refused("open a netlink socket", error)};
    }
    return Rtnetlink(std::move(socket));
}

Rtnetlink::Outcome<InterfaceIndex> Rtnetlink::device(const std::string& name) {
    rtnl_link* link = nullptr;
    if (const int error = rtnl_link_get_kernel(socket_.get(), 0, name.c_str(), &link); error < 0) {
        return Fail{refused("find the device " + name, error)};
    }
    const LinkObject owner(link);
    return InterfaceIndex{static_cast<std::uint32_t>(rtnl_link_get_ifindex(link))};
}

Rtnetlink::Outcome<void> Rtnetlink::bring_up(InterfaceIndex device, std::uint32_t mtu) {
    const LinkObject which(rtnl_link_alloc());
    const LinkObject change(rtnl_link_alloc());
    rtnl_link_set_ifindex(which.get(), static_cast<int>(device.value));
    rtnl_link_set_mtu(change.get(), mtu);
    rtnl_link_set_flags(change.get(), IFF_UP);
    return outcome("bring up the tunnel device with MTU " + std::to_string(mtu),
                   rtnl_link_change(socket_.get(), which.get(), change.get(), 0));
}

Rtnetlink::Outcome<std::vector<IpAddress>> Rtnetlink::addresses(InterfaceIndex device) {
    auto cache = dump("list addresses", [this](nl_cache** result) {
        return rtnl_addr_alloc_cache(socket_.get(), result);
    });
    if (!cache) {
        return Fail{cache.error()};
    }
    std::vector<IpAddress> found;
    for_each<rtnl_addr>(*cache, [&](rtnl_addr* item) {
        const auto address = address_of(rtnl_addr_get_local(item));
        if (rtnl_addr_get_ifindex(item) == static_cast<int>(device.value) && address) {
            found.push_back(*address);
        }
    });
    return found;
}

Rtnetlink::Outcome<void> Rtnetlink::add(InterfaceIndex device, const IpAddress& address) {
    return outcome("add the virtual address " + address.text(),
                   rtnl_addr_add(socket_.get(), object(device, address).get(), NLM_F_REPLACE));
}

Rtnetlink::Outcome<void> Rtnetlink::remove(InterfaceIndex device, const IpAddress& address) {
    return outcome("remove the address " + address.text(),
                   rtnl_addr_delete(socket_.get(), object(device, address).get(), 0));
}

Rtnetlink::Outcome<std::vector<TunnelRoute>> Rtnetlink::routes() {
    auto cache = dump("list routes", [this](nl_cache** result) {
        return rtnl_route_alloc_cache(socket_.get(), AF_UNSPEC, 0, result);
    });
    if (!cache) {
        return Fail{cache.error()};
    }
    std::vector<TunnelRoute> found;
    for_each<rtnl_route>(*cache, [&](rtnl_route* item) {
        if (rtnl_route_get_protocol(item) == route_protocol) {
            found.push_back(value(item));
        }
    });
    return found;
}

Rtnetlink::Outcome<void> Rtnetlink::add(const TunnelRoute& route) {
    return outcome("add the " + text(route),
                   rtnl_route_add(socket_.get(), object(route).get(), NLM_F_REPLACE));
}

Rtnetlink::Outcome<void> Rtnetlink::remove(const TunnelRoute& route) {
    return outcome("remove the " + text(route),
                   rtnl_route_delete(socket_.get(), object(route).get(), 0));
}

Rtnetlink::Outcome<std::vector<TunnelRule>> Rtnetlink::rules() {
    auto cache = dump("list rules", [this](nl_cache** result) {
        return rtnl_rule_alloc_cache(socket_.get(), AF_UNSPEC, result);
    });
    if (!cache) {
        return Fail{cache.error()};
    }
    std::vector<TunnelRule> found;
    for_each<rtnl_rule>(*cache, [&](rtnl_rule* item) {
        std::uint8_t protocol = 0;
        if (rtnl_rule_get_protocol(item, &protocol) < 0 || protocol != route_protocol) {
            return;
        }
        const int family = rtnl_rule_get_family(item);
        found.push_back({family == AF_INET ? Family::ipv4 : Family::ipv6, rtnl_rule_get_prio(item),
                         rtnl_rule_get_table(item)});
    });
    return found;
}

Rtnetlink::Outcome<void> Rtnetlink::add(const TunnelRule& rule) {
    nl_msg* built = nullptr;
    int error = rtnl_rule_build_add_request(object(rule).get(), NLM_F_EXCL, &built);
    if (error >= 0) {
        // libnl has no word for "not": the flag goes straight into the message.
        const Message message(built);
        static_cast<fib_rule_hdr*>(nlmsg_data(nlmsg_hdr(built)))->flags |= FIB_RULE_INVERT;
        error = nl_send_auto(socket_.get(), built);
        error = error < 0 ? error : nl_wait_for_ack(socket_.get());
    }
    return outcome("add the " + text(rule), error);
}

Rtnetlink::Outcome<void> Rtnetlink::remove(const TunnelRule& rule) {
    return outcome("remove the " + text(rule),
                   rtnl_rule_delete(socket_.get(), object(rule).get(), 0));
}

}  // namespace agent
