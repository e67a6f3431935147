// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel_system.hpp"

#include "agent/mtu.hpp"

#include <sys/epoll.h>

namespace agent {

using ike::Fail;
using Outcome = ike::Result<void, SystemError>;

ike::Result<std::unique_ptr<TunnelSystem>, SystemError> TunnelSystem::open(
    EventLoop& loop, ike::Log& log, std::uint32_t table, const DataPlaneEvents& events) {
    auto sockets = TunnelSockets::open({}, log);
    if (!sockets) {
        return Fail{sockets.error()};
    }
    std::unique_ptr<TunnelSystem> system(new TunnelSystem(std::move(*sockets), table));
    auto plane = TunPlane::start(system->sockets_, events);
    if (!plane) {
        return Fail{plane.error()};
    }
    system->plane_ = std::move(*plane);
    system->watch(loop, events);
    return system;
}

TunnelSystem::~TunnelSystem() {
    // Rules first, so that nothing is sent into a device that is about to vanish.
    (void)routes_.clear();
}

void TunnelSystem::watch(EventLoop& loop, const DataPlaneEvents& events) {
    sources_.push_back(
        loop.watch(plane_->event_fd(), EPOLLIN, [this](std::uint32_t) { plane_->dispatch(); }));
    for (const auto& socket : sockets_.ike_sockets()) {
        sources_.push_back(
            loop.watch(socket->fd(), EPOLLIN, [this, receive = events.ike_datagram](std::uint32_t) {
                sockets_.receive_ike(receive);
            }));
    }
}

Outcome TunnelSystem::take(ike::session::ChildSa sa, bool send, TunnelNetwork network,
                           std::uint32_t uplink_mtu) {
    cipher_ = sa.cipher;
    network.device = plane_->device();
    network.mtu = tunnel_mtu(sa.cipher, sa.path.local.address.family(), uplink_mtu);
    wanted_ = std::move(network);
    if (auto installed = plane_->install(std::move(sa), send); !installed) {
        return installed;
    }
    return apply();
}

Outcome TunnelSystem::move(const ike::Path& path, std::uint32_t uplink_mtu) {
    plane_->move(path);
    if (!cipher_) {
        return {};
    }
    wanted_.mtu = tunnel_mtu(*cipher_, path.local.address.family(), uplink_mtu);
    return apply();
}

Outcome TunnelSystem::apply() {
    if (applied_ == wanted_) {
        return {};  // a roam changes nothing here, as long as its uplinks have one MTU
    }
    applied_.reset();
    if (auto applied = routes_.apply(wanted_); !applied) {
        return applied;
    }
    applied_ = wanted_;
    return {};
}

}  // namespace agent
