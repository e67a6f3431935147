// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/tunnel_config.hpp"
#include "agent/dns/device_name_servers.hpp"
#include "agent/recovery/stale_block.hpp"
#include "agent/status/tunnel_status.hpp"
#include "agent/tunnel/granted_networks.hpp"
#include "agent/tunnel/tunnel_guard.hpp"
#include "agent/tunnel/tunnel_host.hpp"
#include "agent/tunnel/tunnel_system.hpp"
#include "netwatch/uplink.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent {

/// All that one tunnel has installed on its host, and that the gateway has assigned and granted for
/// it: data plane, Child SAs, virtual addresses, routes, name servers. Until the first Child SA,
/// also the block that an earlier run left. It outlives a session that is lost, so that nothing
/// leaves in clear while a new one is made. An error is returned, or logged where the tunnel goes
/// on without the part that failed.
class InstalledNetwork {
  public:
    /// `config` is the tunnel's as it is at each call. All must outlive this.
    InstalledNetwork(TunnelHost& host, DeviceNameServers& name_servers, ike::Log& log,
                     const TunnelConfig& config, std::uint32_t number)
        : host_(host), name_servers_(name_servers), log_(log), config_(config), number_(number) {}
    InstalledNetwork(const InstalledNetwork&) = delete;
    InstalledNetwork& operator=(const InstalledNetwork&) = delete;

    // From the first datagram to the end.

    /// Takes over what an earlier run left blocking, if anything, until the first Child SA is
    /// installed.
    void take_stale_block() { stale_ = host_.stale_block(number_); }
    [[nodiscard]] bool has_stale_block() const { return stale_ != nullptr; }
    /// The configuration asks for another data plane: the next open() makes it.
    void use_another_plane() { reopens_ = true; }
    /// Opens ports and data plane, if they are not open already. `events` and `restored` are as of
    /// TunnelSystem::open(). `keeps_block`: the block of a data plane that is replaced stays.
    ike::Result<void, SystemError> open(const DataPlaneEvents& events,
                                        std::function<void(bool)> restored, bool keeps_block);
    [[nodiscard]] bool is_open() const { return system_ != nullptr; }
    /// Everything is undone, except the block if `keeps_block`.
    void close(bool keeps_block);
    /// The block stays in the kernel for the next run when this is closed or destroyed.
    void leave_block();

    // While it is open.

    [[nodiscard]] ike::session::LocalPorts ports() const { return system_->ports(); }
    [[nodiscard]] DataPlane& plane() { return system_->plane(); }
    [[nodiscard]] const DataPlane& plane() const { return std::as_const(*system_).plane(); }
    bool send(const ike::session::Transmit& transmit) { return system_->send(transmit); }

    /// The gateway has assigned these; nothing is granted yet.
    void assign(ike::session::AssignedConfig assigned);
    /// The gateway granted this Child SA, which is not installed yet.
    void grant(const ike::session::ChildSa& sa, bool send) { granted_.add(config_, sa, send); }
    /// Carries the SA, and makes addresses, routes, rules and name servers what it needs. After an
    /// error it is not carried.
    ike::Result<void, SystemError> install(ike::session::ChildSa sa, bool send,
                                           std::vector<ike::IpAddress> gateways,
                                           std::uint32_t uplink_mtu);
    /// Data goes by this Child SA. True: without virtual addresses our own is another now.
    bool switch_to(ike::ChildSpi inbound);
    void remove(ike::ChildSpi inbound);
    /// The installed Child SAs belong to another session from now on: the caller removes them.
    std::vector<ChildSaStatus> give_away_child_sas() { return std::exchange(child_sas_, {}); }
    void remove_child_sas();

    void move(const ike::Path& path, bool udp_encapsulated, std::uint32_t uplink_mtu);
    /// Packets have come in by the path that data goes by (RFC 4555 3.12), and nobody has counted
    /// them yet. A new plane begins with none.
    [[nodiscard]] bool has_uncounted_inbound() const;
    /// Likewise; they are counted from now on.
    bool count_inbound();
    /// Packets that came in until now prove nothing: they came to an earlier path.
    void disregard_inbound();
    void use_gateways(std::vector<ike::IpAddress> gateways);
    void follow_uplink_mtu(std::uint32_t uplink_mtu);
    void let_beside(std::vector<LocalRoute> local, const std::optional<guard::PortalHole>& portal,
                    std::vector<std::string> checked);
    /// As the gateway assigned them and the configuration wants them, if there is a device, and
    /// anything is granted.
    void set_name_servers();
    void forget_name_servers() { name_servers_.forget(device_); }
    /// The plane's device was made anew. True if its name servers are to be set again.
    bool follow_device();

    // Its parts.

    [[nodiscard]] const std::vector<ike::Prefix>& virtual_addresses() const {
        return assigned_.addresses;
    }
    [[nodiscard]] const std::vector<ike::IpAddress>& dns() const { return assigned_.dns; }
    [[nodiscard]] bool name_servers_used() const { return name_servers_.used(device_); }
    [[nodiscard]] const std::vector<ChildSaStatus>& child_sas() const { return child_sas_; }
    /// The networks of the configuration that leave beside the tunnel.
    [[nodiscard]] std::vector<ike::Prefix> outside() const;
    /// Since the gateway has assigned something; empty before.
    [[nodiscard]] const std::string& device() const { return device_; }
    [[nodiscard]] const std::string& plane_name() const { return plane_name_; }
    /// The devices that are no uplinks, because they are this tunnel's.
    [[nodiscard]] netwatch::DeviceNames own_devices() const;
    /// Why something that somebody took away cannot be put back; none when it is there again.
    [[nodiscard]] std::optional<SystemError> fault() const;
    /// Packets that the tunnel covers go into it, as far as this machine is concerned.
    [[nodiscard]] bool carries() const { return !system_ || system_->carries(); }
    /// A fault keeps the tunnel from carrying, and so does somebody's rule before ours. A tunnel
    /// whose objects are taken away again and again goes on.
    [[nodiscard]] std::optional<TunnelError> error() const;
    /// Device, addresses and what is granted, as far as they are known.
    void describe(GuardFacts& facts) const;

  private:
    [[nodiscard]] TunnelNetwork wanted_network() const;
    void take_over_block();
    void log_refused_packets() const;

    TunnelHost& host_;
    DeviceNameServers& name_servers_;
    ike::Log& log_;
    const TunnelConfig& config_;
    std::uint32_t number_;
    std::unique_ptr<StaleBlock> stale_;  // until the first Child SA
    std::unique_ptr<TunnelSystem> system_;
    bool reopens_ = false;
    ike::session::AssignedConfig assigned_;
    GrantedNetworks granted_;
    std::vector<ChildSaStatus> child_sas_;
    std::string device_;
    std::string plane_name_;
    std::uint64_t inbound_counted_ = 0;  // packets of the present plane
};

}  // namespace agent
