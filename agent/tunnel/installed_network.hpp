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

/// What one tunnel has installed on its host, and what the gateway has assigned and granted for it:
/// data plane, Child SAs, virtual addresses, routes, name servers; until it is open, what an
/// earlier run left blocking. It outlives a session that is lost, so that nothing leaves in clear
/// while a new one is made. What can't be installed is returned, or logged where the tunnel goes on
/// without it.
class InstalledNetwork {
  public:
    /// `config` is the tunnel's as it is at each call. All must outlive this.
    InstalledNetwork(TunnelHost& host, DeviceNameServers& name_servers, ike::Log& log,
                     const TunnelConfig& config, std::uint32_t number)
        : host_(host), name_servers_(name_servers), log_(log), config_(config), number_(number) {}
    InstalledNetwork(const InstalledNetwork&) = delete;
    InstalledNetwork& operator=(const InstalledNetwork&) = delete;

    // From the first datagram to the end.

    /// An earlier run may have left something; it blocks until the first Child SA is installed.
    void take_stale_block() { stale_ = host_.stale_block(number_); }
    [[nodiscard]] bool has_stale_block() const { return stale_ != nullptr; }
    /// The next open() makes a new data plane, for the configuration asks for another one.
    void use_another_plane() { reopens_ = true; }
    /// Opens ports and data plane, if they are not open already. `events` and `restored` are as of
    /// TunnelSystem::open(). `keeps_block`: where another data plane is made, what the old one
    /// blocked stays blocked.
    ike::Result<void, SystemError> open(const DataPlaneEvents& events,
                                        std::function<void(bool)> restored, bool keeps_block);
    [[nodiscard]] bool is_open() const { return system_ != nullptr; }
    /// Everything is undone, but for what blocks where that is to be kept.
    void close(bool keeps_block);
    /// What blocks stays in the kernel when this is closed or ends, for the next run.
    void leave_block();

    // What needs an open one.

    [[nodiscard]] ike::session::LocalPorts ports() const { return system_->ports(); }
    [[nodiscard]] DataPlane& plane() { return system_->plane(); }
    [[nodiscard]] const DataPlane& plane() const { return std::as_const(*system_).plane(); }
    bool send(const ike::session::Transmit& transmit) { return system_->send(transmit); }

    /// The gateway has assigned these; nothing is granted yet.
    void assign(ike::session::AssignedConfig assigned);
    /// What the gateway granted with this Child SA, before it is installed.
    void grant(const ike::session::ChildSa& sa, bool send) { granted_.add(config_, sa, send); }
    /// Carries the SA, and makes addresses, routes, rules and name servers what it needs. After an
    /// error it is not carried.
    ike::Result<void, SystemError> install(ike::session::ChildSa sa, bool send,
                                           std::vector<ike::IpAddress> gateways,
                                           std::uint32_t uplink_mtu);
    /// Data goes by this Child SA. True: without virtual addresses our own is another now.
    bool switch_to(ike::ChildSpi inbound);
    void remove(ike::ChildSpi inbound);
    /// The SAs that are installed are another session's from now on: the caller removes them.
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

    // What there is.

    [[nodiscard]] const std::vector<ike::Prefix>& virtual_addresses() const {
        return assigned_.addresses;
    }
    [[nodiscard]] const std::vector<ike::IpAddress>& dns() const { return assigned_.dns; }
    [[nodiscard]] bool name_servers_used() const { return name_servers_.used(device_); }
    [[nodiscard]] const std::vector<ChildSaStatus>& child_sas() const { return child_sas_; }
    /// Of what the configuration covers: what leaves beside the tunnel.
    [[nodiscard]] std::vector<ike::Prefix> outside() const;
    /// Since the gateway has assigned something; empty before.
    [[nodiscard]] const std::string& device() const { return device_; }
    [[nodiscard]] const std::string& plane_name() const { return plane_name_; }
    /// The devices that are no uplinks, because they are this tunnel's.
    [[nodiscard]] netwatch::DeviceNames own_devices() const;
    /// Why what somebody took away can't be put back; none when it was.
    [[nodiscard]] std::optional<SystemError> fault() const;
    /// Packets that the tunnel covers go into it, as far as this machine is concerned.
    [[nodiscard]] bool carries() const { return !system_ || system_->carries(); }
    /// A fault keeps the tunnel from carrying, as does a rule of somebody's before ours; one that
    /// is only fought goes on.
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
    std::unique_ptr<StaleBlock> stale_;  // until what of it the system took over
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
