// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/tunnel_system.hpp"

#include "agent/routing/mtu.hpp"
#include "agent/routing/tunnel_network.hpp"

#include <utility>

namespace agent {

using ike::Fail;
using Outcome = ike::Result<void, SystemError>;

ike::Result<std::unique_ptr<TunnelSystem>, SystemError> TunnelSystem::open(
    TunnelHost& host, ike::Log& log, const TunnelConfig& config, std::uint32_t number,
    const DataPlaneEvents& events, std::function<void(bool)> restored) {
    std::unique_ptr<TunnelSystem> system(new TunnelSystem(log));
    auto opened = host.open(config, number,
                            {events, [&watched = *system] { return watched.look(); },
                             [&watched = *system] { watched.restored_(false); }});
    if (!opened) {
        return Fail{opened.error()};
    }
    system->host_ = std::move(*opened);
    system->restored_ = std::move(restored);
    return system;
}

Outcome TunnelSystem::take(ike::session::ChildSa sa, bool send, TunnelNetwork network,
                           std::uint32_t uplink_mtu) {
    cipher_ = sa.cipher;
    outer_ = {sa.path.local.address.family(), sa.udp_encapsulated};
    want(std::move(network));
    set_mtu(sa.cipher, uplink_mtu);
    const ike::ChildSpi inbound = sa.inbound.spi;
    if (auto installed = plane().install(std::move(sa), send); !installed) {
        return installed;
    }
    auto applied = apply();
    if (!applied) {
        plane().remove(inbound);
    }
    return applied;
}

Outcome TunnelSystem::lead(TunnelNetwork network) {
    network.gateways = wanted_.gateways;
    want(std::move(network));
    return apply();
}

/// The members that do not depend on the Child SAs stay as they are.
void TunnelSystem::want(TunnelNetwork network) {
    keep_blocked(network, wanted_);
    network.local = wanted_.local;
    network.portal = wanted_.portal;
    network.checked = wanted_.checked;
    network.mtu = wanted_.mtu;
    network.device = plane().device();
    wanted_ = std::move(network);
}

Outcome TunnelSystem::move(const ike::Path& path, bool udp_encapsulated, std::uint32_t uplink_mtu) {
    auto moved = plane().move(path, udp_encapsulated);
    if (!cipher_) {
        return moved;
    }
    outer_ = {path.local.address.family(), udp_encapsulated};
    set_mtu(*cipher_, uplink_mtu);
    auto applied = apply();
    return moved ? applied : moved;
}

Outcome TunnelSystem::let_beside(std::vector<LocalRoute> local,
                                 std::optional<guard::PortalHole> portal,
                                 std::vector<std::string> checked) {
    wanted_.local = std::move(local);
    wanted_.portal = std::move(portal);
    wanted_.checked = std::move(checked);
    return cipher_ ? apply() : Outcome();
}

Outcome TunnelSystem::follow_uplink_mtu(std::uint32_t uplink_mtu) {
    if (!cipher_ || uplink_mtu == 0) {
        return {};  // the uplink is gone, and with it its MTU
    }
    set_mtu(*cipher_, uplink_mtu);
    return apply();
}

void TunnelSystem::set_mtu(const ike::crypto::CipherSuite& cipher, std::uint32_t uplink_mtu) {
    wanted_.mtu = tunnel_mtu(cipher, outer_, uplink_mtu);
}

Outcome TunnelSystem::use_gateways(std::vector<ike::IpAddress> gateways) {
    wanted_.gateways = std::move(gateways);
    return cipher_ ? apply() : Outcome();
}

/// Puts back what somebody has taken away; changes nothing that is as it should be. The block holds
/// meanwhile, and also where that fails.
bool TunnelSystem::look() {
    Outcome restored = plane().restore();
    const bool another_device = host_->find_device();
    if (cipher_) {
        wanted_.device = plane().device();
        applied_.reset();
        const Outcome applied = apply();
        restored = restored ? applied : restored;
    }
    fault_ = restored ? std::nullopt : std::optional(restored.error());
    restored_(another_device);
    return restored.ok();
}

Outcome TunnelSystem::apply() {
    // A roam changes nothing here, as long as its uplinks have one MTU. But an uplink's own address
    // may be gone, or back: then the routes that have it as their source go, or come.
    if (applied_ == wanted_ && !wanted_.own_address) {
        return {};
    }
    applied_.reset();
    if (auto applied = host_->apply(wanted_); !applied) {
        return applied;
    }
    applied_ = wanted_;
    if (host_->lacks_ipv6() && !std::exchange(lack_told_, true)) {
        log_.warning("nothing goes through the tunnel by IPv6, it is blocked",
                     {{"device", wanted_.device},
                      {"reason", "IPv6 is switched off on the device, and /proc/sys is read-only"},
                      {"remedy",
                       "let roamd write /proc/sys/net/ipv6, or start the container with "
                       "net.ipv6.conf.default.disable_ipv6=0"}});
    }
    return {};
}

}  // namespace agent
