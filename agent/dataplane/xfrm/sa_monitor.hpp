// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/data_plane.hpp"
#include "agent/dataplane/data_plane_context.hpp"
#include "agent/dataplane/inbound_watch.hpp"
#include "agent/dataplane/xfrm/event_socket.hpp"
#include "agent/dataplane/xfrm/installed_policies.hpp"
#include "agent/dataplane/xfrm/installed_sas.hpp"
#include "agent/routing/repair_pace.hpp"

#include <optional>
#include <vector>

namespace agent::xfrm {

/// Hears what the kernel says of a tunnel's SAs and policies, looks at what became of them, and
/// tells the tunnel: a first packet came in, none comes in, a Child SA must be rekeyed. Policies
/// that somebody removed are put back. States are not: no sequence number may be used twice, no
/// packet taken twice (RFC 4303 3.3.3, 3.4.3), and the numbers went with the state.
class SaMonitor {
  public:
    struct Watched {
        XfrmSocket& kernel;
        InstalledSas& sas;
        InstalledPolicies& policies;
    };

    /// All that `context` and `watched` name must outlive it. Calls `tell` from the event loop,
    /// never from within one of its own functions; but for its `ike_datagram`, which is not for it.
    SaMonitor(const DataPlaneContext& context, EventSocket events, const Watched& watched,
              DataPlaneEvents tell);
    SaMonitor(const SaMonitor&) = delete;
    SaMonitor& operator=(const SaMonitor&) = delete;
    ~SaMonitor() = default;

    /// The tunnel is asked to rekey this SA in the loop's next turn: once, however many ask for it.
    void rekey_later(ike::ChildSpi inbound);

  private:
    void on_kernel_events();
    void on(const ReplayEvent& event);
    void on(const Expire& event);
    void on(const Mapping& event);
    void on(const Acquire& event);
    void on(const Overrun& event);
    void on(const Removed& event);

    void look_at_counters();
    void ask_for_rekeys();
    void removed(const std::vector<ike::ChildSpi>& sas);
    void look_later();
    void look();
    void put_back_policies();

    DataPlaneContext context_;
    EventSocket events_;
    Watched watched_;
    DataPlaneEvents tell_;
    std::optional<ike::Endpoint> mapping_told_;  // of whichever SA
    std::vector<ike::ChildSpi> rekeys_;
    InboundWatch inbound_watch_;
    RepairPace pace_;  // of looks at states and policies
    Timer look_at_counters_;
    Timer rekey_;
    Timer look_;
    EventSource source_;
};

}  // namespace agent::xfrm
