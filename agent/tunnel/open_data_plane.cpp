// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/open_data_plane.hpp"

#include "agent/dataplane/tun/tun_plane.hpp"
#include "agent/dataplane/xfrm/plane.hpp"

#include <sys/epoll.h>

#include <utility>

namespace agent {

using ike::Fail;

namespace {

ike::Result<OpenedPlane, SystemError> open_tun(const DataPlaneContext& environment,
                                               const DataPlaneEvents& events) {
    auto plane = TunPlane::start(environment, events);
    if (!plane) {
        return Fail{plane.error()};
    }
    OpenedPlane opened;
    opened.sources.push_back(environment.loop.watch(
        (*plane)->event_fd(), EPOLLIN, [&tun = **plane](std::uint32_t) { tun.dispatch(); }));
    opened.plane = std::move(*plane);
    return opened;
}

}  // namespace

ike::Result<OpenedPlane, SystemError> open_data_plane(DataPlaneChoice choice,
                                                      const DataPlaneContext& environment,
                                                      const DataPlaneEvents& events) {
    if (choice == DataPlaneChoice::tun) {
        return open_tun(environment, events);
    }
    auto plane = xfrm::XfrmPlane::start(environment, events);
    if (plane) {
        OpenedPlane opened;
        opened.plane = std::move(*plane);
        return opened;
    }
    if (choice == DataPlaneChoice::xfrm) {
        return Fail{plane.error()};
    }
    environment.log.info("the kernel can't do ESP, so roamd does it",
                         {{"reason", plane.error().text()}});
    return open_tun(environment, events);
}

}  // namespace agent
