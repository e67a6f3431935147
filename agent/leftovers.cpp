// SPDX-License-Identifier: Apache-2.0
#include "agent/leftovers.hpp"

#include "agent/routes.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <string_view>

namespace agent {

using ike::Fail;

namespace {

bool is_ours(std::uint32_t table) {
    return table >= first_table && table < first_table + max_tunnels;
}

bool is_ours(const TunnelRule& rule) {
    return is_ours(rule.table) || (rule.priority >= first_gateway_priority &&
                                   rule.priority < first_gateway_priority + max_tunnels);
}

}  // namespace

ike::Result<Leftovers, SystemError> remove_leftovers() {
    auto netlink = Rtnetlink::open();
    if (!netlink) {
        return Fail{netlink.error()};
    }
    Leftovers found;
    const auto rules = netlink->rules();
    const auto routes = netlink->routes();
    if (!rules || !routes) {
        return Fail{!rules ? rules.error() : routes.error()};
    }
    for (const TunnelRule& rule : *rules) {
        if (is_ours(rule)) {
            if (auto removed = netlink->remove(rule); !removed) {
                return Fail{removed.error()};
            }
            ++found.rules;
        }
    }
    for (const TunnelRoute& route : *routes) {
        if (is_ours(route.table)) {
            if (auto removed = netlink->remove(route); !removed) {
                return Fail{removed.error()};
            }
            ++found.routes;
        }
    }
    return found;
}

ike::Result<InstanceLock, SystemError> InstanceLock::take() {
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return Fail{last_error("open a socket")};
    }
    InstanceLock lock(descriptor);
    // Abstract names belong to the network namespace, as do the rules and routes they guard.
    constexpr std::string_view name("\0net.roamd", 10);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), size) < 0) {
        return Fail{last_error("be the only roamd of this network namespace",
                               "stop the other one first: systemctl stop roamd")};
    }
    return lock;
}

InstanceLock::~InstanceLock() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

}  // namespace agent
