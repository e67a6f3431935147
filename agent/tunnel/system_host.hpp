// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"
#include "agent/tunnel/tunnel_host.hpp"
#include "ike/base/log.hpp"
#include "netwatch/snapshot.hpp"

namespace agent {

/// This machine: sockets, the kernel's or our own ESP, routes and rules of the kernel. The
/// arguments of the constructor must outlive this object and all that it opened.
class SystemHost final : public TunnelHost {
  public:
    /// `network` is the snapshot as it is now.
    SystemHost(EventLoop& loop, ike::Log& log, const netwatch::Snapshot& network)
        : loop_(loop), log_(log), network_(network) {}

    ike::Result<std::unique_ptr<HostNetwork>, SystemError> open(const TunnelConfig& config,
                                                                std::uint32_t number,
                                                                HostEvents events) override;
    std::unique_ptr<StaleBlock> stale_block(std::uint32_t number) override;

  private:
    EventLoop& loop_;
    ike::Log& log_;
    const netwatch::Snapshot& network_;
};

}  // namespace agent
