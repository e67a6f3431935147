// SPDX-License-Identifier: Apache-2.0
#include "agent/instance_lock.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <string_view>

namespace agent {

using ike::Fail;

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
