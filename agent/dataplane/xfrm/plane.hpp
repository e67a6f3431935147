// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/data_plane.hpp"
#include "agent/dataplane/data_plane_context.hpp"
#include "agent/dataplane/xfrm/device.hpp"
#include "agent/dataplane/xfrm/inbound_capture.hpp"
#include "agent/dataplane/xfrm/installed_policies.hpp"
#include "agent/dataplane/xfrm/installed_sas.hpp"
#include "agent/dataplane/xfrm/outbound_hold.hpp"
#include "agent/dataplane/xfrm/reserved_spis.hpp"
#include "agent/dataplane/xfrm/sa_monitor.hpp"
#include "agent/dataplane/xfrm/socket.hpp"
#include "agent/routing/uplink_routes.hpp"

#include <memory>
#include <string>
#include <vector>

namespace agent::xfrm {

/// The data plane in the kernel: XFRM states and policies (RFC 4301's SAD and SPD). Policies stay
/// from the first SA until the plane is destroyed, so that what they cover never leaves in clear;
/// inbound ones name no path, outbound ones change with their state in one system call.
class XfrmPlane final : public DataPlane {
  public:
    using Outcome = ike::Result<void, SystemError>;

    /// The error says what the kernel lacks.
    static ike::Result<std::unique_ptr<XfrmPlane>, SystemError> start(
        const DataPlaneContext& context, DataPlaneEvents events);
    ~XfrmPlane() override = default;

    ike::ChildSpi allocate_spi() override;
    ike::Result<void, SystemError> install(ike::session::ChildSa sa, bool send) override;
    void switch_to(ike::ChildSpi inbound) override;
    void expect(const ike::Path& path) override;
    ike::Result<void, SystemError> move(const ike::Path& path, bool udp_encapsulated) override;
    void pause(const ike::Path& path, bool udp_encapsulated, ike::Duration most) override;
    void resume() override;
    void network_changed() override;
    Outcome restore() override;
    void hold() override;
    void remove(ike::ChildSpi inbound) override;

    [[nodiscard]] Traffic traffic() const override;
    [[nodiscard]] bool supports(const ike::crypto::CipherSuite& cipher) const override;
    [[nodiscard]] bool needs_udp() const override { return false; }
    [[nodiscard]] std::string name() const override { return "xfrm"; }
    [[nodiscard]] std::string device() const override { return device_.name(); }

  private:
    using IkeDatagram = decltype(DataPlaneEvents::ike_datagram);
    struct Parts;

    explicit XfrmPlane(Parts parts);
    Outcome watch(const IkeDatagram& on_ike);
    [[nodiscard]] Owner owner_of(std::size_t child_policy) const;
    [[nodiscard]] bool data_is_in_udp() const;
    Outcome send_by(const EncapsulatedPath& way);
    void report(const std::vector<LostSa>& unsent);
    void on(const InboundCapture::Outcome& captured);
    void release_held();
    void forget_later();
    void forget();
    void tidy_later();
    void tidy();

    // Destroyed from the last to the first: policies go after the states, so that nothing that they
    // cover leaves in clear. Routes have gone before.
    DataPlaneContext context_;
    Owner owner_;  // of what is no Child SA's
    mutable XfrmSocket kernel_;
    XfrmDevice device_;
    UplinkRoutes routes_;
    InboundCapture capture_;
    OutboundHold hold_;
    InstalledPolicies policies_;
    ReservedSpis reserved_;
    InstalledSas sas_;
    SaMonitor monitor_;
    Timer forget_;  // SAs that were removed
    Timer tidy_;    // what was for packets in flight
    std::vector<EventSource> sources_;
};

}  // namespace agent::xfrm
