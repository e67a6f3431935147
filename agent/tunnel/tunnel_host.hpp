// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/tunnel_config.hpp"
#include "agent/dataplane/data_plane.hpp"
#include "agent/recovery/stale_block.hpp"
#include "agent/routing/route_override.hpp"
#include "agent/routing/tunnel_routes.hpp"
#include "ike/session/values/config.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent {

/// A machine's resources that one tunnel holds while it is wanted: ports, data plane, device,
/// addresses, routes and rules. Destroying it gives all back, or all but the block.
class HostNetwork {
  public:
    HostNetwork() = default;
    HostNetwork(const HostNetwork&) = delete;
    HostNetwork& operator=(const HostNetwork&) = delete;
    virtual ~HostNetwork() = default;

    [[nodiscard]] virtual ike::session::LocalPorts ports() const = 0;
    [[nodiscard]] virtual DataPlane& plane() = 0;
    [[nodiscard]] virtual const DataPlane& plane() const = 0;
    /// A bare IKE message or a NAT-keepalive. False: it was not sent.
    virtual bool send_ike(const ike::Path& path, ike::ByteView datagram) = 0;

    /// Makes addresses, routes and rules what is wanted. Blocks first, and also when it fails
    /// afterwards.
    virtual ike::Result<void, SystemError> apply(const TunnelNetwork& wanted) = 0;
    /// The device has no IPv6, so the IPv6 networks that the tunnel covers are blocked.
    [[nodiscard]] virtual bool lacks_ipv6() const = 0;
    /// The destructor leaves the block. The next run takes it over (StaleBlock).
    virtual void leave_block() = 0;

    /// Finds the plane's device anew. True: it is another one than at the last call.
    virtual bool find_device() = 0;
    /// A rule of somebody's takes packets that the last apply() has led into the device.
    [[nodiscard]] virtual const std::optional<RouteOverride>& overridden() const = 0;
    /// Somebody takes away what is the tunnel's again and again.
    [[nodiscard]] virtual bool fought() const = 0;
};

/// Callbacks of a HostNetwork, from the scheduler's thread.
struct HostEvents {
    /// IKE of every socket comes by plane.ike_datagram.
    DataPlaneEvents plane;
    /// Somebody may have touched what is the tunnel's. False: not all is as it should be, so it is
    /// called again later.
    std::function<bool()> touched;
    /// HostNetwork::overridden() is another.
    std::function<void()> overridden;
};

/// The machine as far as tunnels change it: SystemHost is the real one; a simulation has its own.
/// `number` is the tunnel's (kernel_numbers.hpp).
class TunnelHost {
  public:
    TunnelHost() = default;
    TunnelHost(const TunnelHost&) = delete;
    TunnelHost& operator=(const TunnelHost&) = delete;
    virtual ~TunnelHost() = default;

    virtual ike::Result<std::unique_ptr<HostNetwork>, SystemError> open(const TunnelConfig& config,
                                                                        std::uint32_t number,
                                                                        HostEvents events) = 0;
    virtual std::unique_ptr<StaleBlock> stale_block(std::uint32_t number) = 0;
};

}  // namespace agent
