// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/service.hpp"
#include "agent/status_dbus.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <net_roamd_adaptor.hpp>

#include <string>
#include <vector>

namespace agent {

/// net.roamd.Tunnel on the bus, for one tunnel, for as long as it lives. Reads every property from
/// Tunnels at the moment it is asked for.
class TunnelObject final
    : public sdbus::AdaptorInterfaces<net::roamd::Tunnel_adaptor, sdbus::Properties_adaptor,
                                      sdbus::ManagedObject_adaptor> {
  public:
    TunnelObject(sdbus::IConnection& connection, Tunnels& tunnels, const std::string& name);
    TunnelObject(const TunnelObject&) = delete;
    TunnelObject& operator=(const TunnelObject&) = delete;
    virtual ~TunnelObject();

    /// Announces the properties that differ from what was announced last. May throw sdbus::Error.
    void announce_changes();

  private:
    void Connect(sdbus::Result<>&& result) override;
    void Disconnect(sdbus::Result<>&& result) override;
    std::vector<Dictionary> Roams() override;
    std::tuple<WordCounts, WordCounts, WordCounts> Counters() override;

    std::string Name() override { return name_; }
    std::string Gateway() override { return now().gateway; }
    std::string State() override { return std::string(name(now().state)); }
    Dictionary Error() override;
    Dictionary Path() override;
    std::string HoldReason() override { return now().hold_reason; }
    Dictionary Connection() override;
    std::string IkeSpiInitiator() override;
    std::string IkeSpiResponder() override;
    std::vector<sdbus::Struct<std::string, std::string, std::vector<std::string>>> ChildSas()
        override;
    std::vector<std::string> VirtualAddresses() override;
    std::vector<std::string> Dns() override;
    bool DnsUsed() override { return now().dns_used; }
    bool Mobike() override { return now().mobike; }
    bool NatLocal() override { return now().nat_local; }
    bool NatRemote() override { return now().nat_remote; }
    std::string DataPlane() override { return now().data_plane; }
    std::string Device() override { return now().device; }
    std::uint64_t ConnectedSince() override;
    Dictionary LastRoam() override;
    bool Wanted() override { return now().wanted; }
    std::uint64_t NextAttempt() override;
    std::vector<Dictionary> Attempts() override;
    Dictionary Target() override;
    std::uint64_t StateSince() override;
    std::uint64_t LastHeard() override;
    bool Proven() override { return now().proven; }
    std::uint64_t BytesIn() override { return now().traffic.bytes_in; }
    std::uint64_t BytesOut() override { return now().traffic.bytes_out; }
    std::uint64_t PacketsIn() override { return now().traffic.packets_in; }
    std::uint64_t PacketsOut() override { return now().traffic.packets_out; }

    [[nodiscard]] TunnelStatus now() const { return tunnels_.status(name_); }

    Tunnels& tunnels_;
    std::string name_;
    TunnelStatus announced_;
};

}  // namespace agent
