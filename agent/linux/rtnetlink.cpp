// SPDX-License-Identifier: Apache-2.0
#include "agent/linux/rtnetlink.hpp"

#include "agent/linux/kernel_ids.hpp"
#include "agent/linux/rtnetlink_objects.hpp"
#include "ike/base/expects.hpp"

#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/cache.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link/inet6.h>

#include <net/if.h>
#include <sys/socket.h>

#include <utility>

namespace agent {

using ike::Fail;
using ike::InterfaceIndex;
using ike::IpAddress;

namespace {

using Message = std::unique_ptr<nl_msg, ReleaseWith<nlmsg_free>>;
using Cache = std::unique_ptr<nl_cache, ReleaseWith<nl_cache_free>>;

constexpr int dump_tries = 5;  // a dump that a change interrupts is asked for again

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

/// The same, where `fine` is no error: it is already as it should be.
ike::Result<void, SystemError> outcome(const std::string& what, int error, int fine) {
    return outcome(what, error == fine ? 0 : error);
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

std::string text(const TunnelRoute& route) {
    return "route to " + route.destination.text() + " in table " + std::to_string(route.table);
}

std::string text(const TunnelRule& rule) {
    return "rule " + std::to_string(rule.priority) + " for table " + std::to_string(rule.table);
}

/// libnl has no word for "not", nor for users: these go straight into the message.
void complete(nl_msg* message, const TunnelRule& rule) {
    if (rule.marked == Marked::no) {
        static_cast<fib_rule_hdr*>(nlmsg_data(nlmsg_hdr(message)))->flags |= FIB_RULE_INVERT;
    }
    if (rule.root_only) {
        const fib_rule_uid_range root{0, 0};
        ike::expects(nla_put(message, FRA_UID_RANGE, sizeof root, &root) >= 0, "room for it");
    }
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

Rtnetlink::Outcome<std::vector<TunnelDevice>> Rtnetlink::devices() {
    auto cache = dump("list devices", [this](nl_cache** result) {
        return rtnl_link_alloc_cache(socket_.get(), AF_UNSPEC, result);
    });
    if (!cache) {
        return Fail{cache.error()};
    }
    std::vector<TunnelDevice> found;
    for_each<rtnl_link>(*cache, [&](rtnl_link* item) {
        if (auto device = value(item)) {
            found.push_back(std::move(*device));
        }
    });
    return found;
}

Rtnetlink::Outcome<void> Rtnetlink::add(DeviceKind kind, std::uint32_t number) {
    return outcome("make a tunnel device", rtnl_link_add(socket_.get(), object(kind, number).get(),
                                                         NLM_F_CREATE | NLM_F_EXCL));
}

Rtnetlink::Outcome<void> Rtnetlink::remove(const TunnelDevice& device) {
    const LinkObject which(rtnl_link_alloc());
    rtnl_link_set_ifindex(which.get(), static_cast<int>(device.index.value));
    return outcome("remove the device " + device.name, rtnl_link_delete(socket_.get(), which.get()),
                   -NLE_NODEV);
}

Rtnetlink::Outcome<void> Rtnetlink::set_group(InterfaceIndex device, std::uint32_t number) {
    const LinkObject change(rtnl_link_alloc());
    rtnl_link_set_group(change.get(), number);
    return outcome("mark the tunnel device as ours", this->change(device, change.get()));
}

Rtnetlink::Outcome<InterfaceIndex> Rtnetlink::device(const std::string& name) {
    const auto found = state(name);
    if (!found) {
        return Fail{found.error()};
    }
    return found->index;
}

Rtnetlink::Outcome<DeviceState> Rtnetlink::state(const std::string& name) {
    rtnl_link* link = nullptr;
    if (const int error = rtnl_link_get_kernel(socket_.get(), 0, name.c_str(), &link); error < 0) {
        return Fail{refused("find the device " + name, error)};
    }
    const LinkObject owner(link);
    return DeviceState{rtnl_link_get_name(link),
                       InterfaceIndex{static_cast<std::uint32_t>(rtnl_link_get_ifindex(link))},
                       (rtnl_link_get_flags(link) & IFF_UP) != 0, rtnl_link_get_mtu(link)};
}

Rtnetlink::Outcome<void> Rtnetlink::set_mtu(InterfaceIndex device, std::uint32_t mtu) {
    const LinkObject change(rtnl_link_alloc());
    rtnl_link_set_mtu(change.get(), mtu);
    return outcome("give the tunnel device an MTU of " + std::to_string(mtu),
                   this->change(device, change.get()));
}

Rtnetlink::Outcome<void> Rtnetlink::bring_up(InterfaceIndex device) {
    const LinkObject change(rtnl_link_alloc());
    rtnl_link_set_flags(change.get(), IFF_UP);
    return outcome("bring up the tunnel device", this->change(device, change.get()));
}

Rtnetlink::Outcome<void> Rtnetlink::make_no_link_local(InterfaceIndex device) {
    const LinkObject change(rtnl_link_alloc());
    rtnl_link_inet6_set_addr_gen_mode(change.get(), IN6_ADDR_GEN_MODE_NONE);
    return outcome("keep the tunnel device without a link-local address",
                   this->change(device, change.get()), -NLE_AF_NOSUPPORT);
}

int Rtnetlink::change(InterfaceIndex device, rtnl_link* change) {
    const LinkObject which(rtnl_link_alloc());
    rtnl_link_set_ifindex(which.get(), static_cast<int>(device.value));
    return rtnl_link_change(socket_.get(), which.get(), change, 0);
}

Rtnetlink::Outcome<void> Rtnetlink::set_queue(InterfaceIndex device, std::uint32_t packets) {
    const LinkObject change(rtnl_link_alloc());
    rtnl_link_set_txqlen(change.get(), packets);
    return outcome("let " + std::to_string(packets) + " packets wait in a device",
                   this->change(device, change.get()));
}

Rtnetlink::Outcome<std::vector<ike::Prefix>> Rtnetlink::addresses(InterfaceIndex device) {
    auto cache = dump("list addresses", [this](nl_cache** result) {
        return rtnl_addr_alloc_cache(socket_.get(), result);
    });
    if (!cache) {
        return Fail{cache.error()};
    }
    std::vector<ike::Prefix> found;
    for_each<rtnl_addr>(*cache, [&](rtnl_addr* item) {
        const auto address = address_of(rtnl_addr_get_local(item));
        if (rtnl_addr_get_ifindex(item) == static_cast<int>(device.value) && address) {
            found.push_back({*address, static_cast<std::uint8_t>(rtnl_addr_get_prefixlen(item))});
        }
    });
    return found;
}

Rtnetlink::Outcome<void> Rtnetlink::add(InterfaceIndex device, const IpAddress& address) {
    return outcome("add the virtual address " + address.text(),
                   rtnl_addr_add(socket_.get(), object(device, ike::Prefix::host(address)).get(),
                                 NLM_F_REPLACE));
}

Rtnetlink::Outcome<void> Rtnetlink::add_silent(InterfaceIndex device, const IpAddress& address) {
    const auto silent = object(device, ike::Prefix::host(address));
    rtnl_addr_set_scope(silent.get(), RT_SCOPE_HOST);
    return outcome("add the address " + address.text(),
                   rtnl_addr_add(socket_.get(), silent.get(), NLM_F_REPLACE));
}

Rtnetlink::Outcome<void> Rtnetlink::remove(InterfaceIndex device, const ike::Prefix& address) {
    return outcome("remove the address " + address.text(),
                   rtnl_addr_delete(socket_.get(), object(device, address).get(), 0), -NLE_NOADDR);
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

Rtnetlink::Outcome<void> Rtnetlink::restore(const TunnelRoute& route) {
    return outcome("add the " + text(route),
                   rtnl_route_add(socket_.get(), object(route).get(), NLM_F_EXCL), -NLE_EXIST);
}

Rtnetlink::Outcome<void> Rtnetlink::remove(const TunnelRoute& route) {
    return outcome("remove the " + text(route),
                   rtnl_route_delete(socket_.get(), object(route).get(), 0), -NLE_OBJ_NOTFOUND);
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
        if (rtnl_rule_get_protocol(item, &protocol) >= 0 && protocol == route_protocol) {
            found.push_back(value(item));
        }
    });
    return found;
}

Rtnetlink::Outcome<void> Rtnetlink::add(const TunnelRule& rule) {
    nl_msg* built = nullptr;
    int error = rtnl_rule_build_add_request(object(rule).get(), NLM_F_EXCL, &built);
    if (error >= 0) {
        const Message message(built);
        complete(built, rule);
        error = nl_send_auto(socket_.get(), built);
        error = error < 0 ? error : nl_wait_for_ack(socket_.get());
    }
    return outcome("add the " + text(rule), error, -NLE_EXIST);
}

Rtnetlink::Outcome<void> Rtnetlink::remove(const TunnelRule& rule) {
    return outcome("remove the " + text(rule),
                   rtnl_rule_delete(socket_.get(), object(rule).get(), 0), -NLE_OBJ_NOTFOUND);
}

}  // namespace agent
