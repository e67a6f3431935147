// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel_system.hpp"

#include "agent/mtu.hpp"
#include "agent/open_data_plane.hpp"

#include <sys/epoll.h>

namespace agent {

using ike::Fail;
using Outcome = ike::Result<void, SystemError>;

ike::Result<std::unique_ptr<TunnelSystem>, SystemError> TunnelSystem::open(
    const TunnelEnvironment& environment, const TunnelConfig& config, std::uint32_t table,
    const DataPlaneEvents& events) {
    auto sockets = TunnelSockets::open({}, environment.log);
    if (!sockets) {
        return Fail{sockets.error()};
    }
    std::unique_ptr<TunnelSystem> system(new TunnelSystem(std::move(*sockets), table));
    auto opened = open_data_plane(config.data_plane,
                                  {environment.loop, environment.log, system->sockets_,
                                   *environment.network, table, config.rekey_child},
                                  events);
    if (!opened) {
        return Fail{opened.error()};
    }
    system->plane_ = std::move(opened->plane);
    system->sources_ = std::move(opened->sources);
    for (const auto& socket : system->sockets_.ike_sockets()) {
        system->sources_.push_back(environment.loop.watch(
            socket->fd(), EPOLLIN,
            [&sockets = system->sockets_, receive = events.ike_datagram](std::uint32_t) {
                sockets.receive_ike(receive);
            }));
    }
    return system;
}

/// The routes and rules end before the plane, so that nothing is sent into a device that is about
/// to vanish.
TunnelSystem::~TunnelSystem() = default;

Outcome TunnelSystem::take(ike::session::ChildSa sa, bool send, TunnelNetwork network,
                           std::uint32_t uplink_mtu) {
    cipher_ = sa.cipher;
    network.device = plane_->device();
    network.mtu =
        tunnel_mtu(sa.cipher, {sa.path.local.address.family(), sa.udp_encapsulated}, uplink_mtu);
    wanted_ = std::move(network);
    if (auto installed = plane_->install(std::move(sa), send); !installed) {
        return installed;
    }
    return apply();
}

Outcome TunnelSystem::move(const ike::Path& path, bool udp_encapsulated, std::uint32_t uplink_mtu) {
    auto moved = plane_->move(path, udp_encapsulated);
    if (!cipher_) {
        return moved;
    }
    wanted_.mtu = tunnel_mtu(*cipher_, {path.local.address.family(), udp_encapsulated}, uplink_mtu);
    auto applied = apply();
    return moved ? applied : moved;
}

Outcome TunnelSystem::use_gateways(std::vector<ike::IpAddress> gateways) {
    wanted_.gateways = std::move(gateways);
    return cipher_ ? apply() : Outcome();
}

Outcome TunnelSystem::restore() {
    plane_->rules_removed();
    if (!applied_) {
        return {};
    }
    applied_.reset();
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
