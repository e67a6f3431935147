// SPDX-License-Identifier: Apache-2.0
#include "agent/recovery/instance_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <string>

namespace agent {

using ike::Fail;

ike::Result<InstanceLock, SystemError> InstanceLock::take(const std::filesystem::path& folder) {
    // Rules and routes belong to the network namespace, and so does what guards them.
    struct stat space {};
    if (::stat("/proc/self/ns/net", &space) != 0) {
        return Fail{last_error("look at /proc/self/ns/net")};
    }
    (void)::mkdir(folder.c_str(), 0700);
    const auto file = folder / ("lock." + std::to_string(space.st_ino));
    netwatch::Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) {
        return Fail{last_error("open " + file.string(), "name another folder by --runtime-dir")};
    }
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        return Fail{last_error("be the only roamd of this network namespace",
                               "stop the other one first: systemctl stop roamd")};
    }
    return InstanceLock(std::move(fd));
}

}  // namespace agent
