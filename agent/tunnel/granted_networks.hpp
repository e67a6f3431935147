// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/config/tunnel_config.hpp"
#include "agent/routing/tunnel_network.hpp"
#include "ike/session/values/child_sa.hpp"

#include <optional>
#include <vector>

namespace agent {

/// The networks that the gateway has granted to the Child SAs of one session. With virtual
/// addresses a network counts from when its Child SA is made. Without virtual addresses it counts
/// from when data goes by the Child SA: the local side of the Child SA is the source of inner
/// packets, and packets of another source are outside the selectors of the Child SA in use.
class GrantedNetworks {
  public:
    /// `config` is that of the tunnel; `send`: data goes by the Child SA at once.
    void add(const TunnelConfig& config, const ike::session::ChildSa& sa, bool send);
    /// Data goes by this Child SA. False: the granted networks are as before.
    bool use(ike::ChildSpi inbound);
    void remove(ike::ChildSpi inbound);
    void clear();

    [[nodiscard]] bool empty() const { return granted_.empty(); }
    /// Without virtual addresses: our side of the Child SA that data goes by.
    [[nodiscard]] const std::optional<ike::IpAddress>& own_address() const { return own_address_; }
    /// As network_for() and use_own_address() say.
    [[nodiscard]] TunnelNetwork network(const TunnelConfig& config,
                                        const ike::session::AssignedConfig& assigned) const;

  private:
    struct OwnSide {
        ike::ChildSpi inbound;
        std::size_t policy = 0;
        ike::IpAddress address;
        std::vector<ike::wire::TrafficSelector> remote_selectors;
    };

    GrantedSelectors granted_;
    std::vector<OwnSide> own_sides_;
    std::optional<ike::IpAddress> own_address_;
};

}  // namespace agent
