// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/api/secret_argument.hpp"
#include "agent/api/service.hpp"
#include "agent/api/status_dbus.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <net_roamd_adaptor.hpp>

#include <string>
#include <vector>

namespace agent {

/// net.roamd.Tunnel on the bus, for one tunnel, for as long as it lives. Everyone may read its
/// properties, so they are what was announced last and cost next to nothing. Status() asks Tunnels,
/// at most each 20 ms, because its counters are the kernel's.
class TunnelObject final
    : public sdbus::AdaptorInterfaces<net::roamd::Tunnel_adaptor, sdbus::Properties_adaptor,
                                      sdbus::ManagedObject_adaptor> {
  public:
    /// All outlive it.
    TunnelObject(sdbus::IConnection& connection, Tunnels& tunnels, SecretArgument& secret,
                 const std::string& name);
    TunnelObject(const TunnelObject&) = delete;
    TunnelObject& operator=(const TunnelObject&) = delete;
    virtual ~TunnelObject();

    /// Announces what differs from what was announced last. May throw sdbus::Error.
    void announce_changes();

  private:
    void Connect(sdbus::Result<>&& result) override;
    void Disconnect(sdbus::Result<>&& result) override;
    void ProvideSecret(sdbus::Result<>&& result, std::uint64_t id, std::vector<std::uint8_t> wiped,
                       bool remember) override;
    void CancelSecret(sdbus::Result<>&& result, std::uint64_t id) override;
    std::vector<Dictionary> Roams() override;
    std::tuple<WordCounts, WordCounts, WordCounts> Counters() override;

    Dictionary Status() override;

    std::string Name() override { return name_; }
    std::string State() override { return std::string(name(announced_.state)); }
    std::uint64_t ConnectedSince() override { return connected_since_us(announced_); }

    Tunnels& tunnels_;
    SecretArgument& secret_;
    std::string name_;
    TunnelStatus announced_;
    TunnelStatus answered_;  // by Status() last
    MonotonicTime asked_{};  // when it was
};

}  // namespace agent
