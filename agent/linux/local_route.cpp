// SPDX-License-Identifier: Apache-2.0
#include "agent/linux/local_route.hpp"

#include <linux/rtnetlink.h>
#include <netlink/addr.h>
#include <netlink/netlink.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>

#include <sys/socket.h>

#include <memory>

namespace agent {

namespace {

template <auto release>
struct ReleaseWith {
    template <class T>
    void operator()(T* object) const {
        release(object);
    }
};

}  // namespace

bool comes_in_here(const ike::IpAddress& address) {
    const std::unique_ptr<nl_sock, ReleaseWith<nl_socket_free>> socket(nl_socket_alloc());
    if (socket == nullptr || nl_connect(socket.get(), NETLINK_ROUTE) < 0) {
        return true;
    }
    const ike::ByteView bytes = address.bytes();
    const std::unique_ptr<nl_addr, ReleaseWith<nl_addr_put>> wanted(
        nl_addr_build(address.is_ipv4() ? AF_INET : AF_INET6, bytes.data(), bytes.size()));
    rtnl_route* found = nullptr;
    if (rtnl_route_lookup(socket.get(), wanted.get(), &found) < 0) {
        return false;  // no route leads there, or an unreachable one
    }
    const std::unique_ptr<rtnl_route, ReleaseWith<rtnl_route_put>> owner(found);
    return rtnl_route_get_type(found) == RTN_LOCAL;
}

}  // namespace agent
