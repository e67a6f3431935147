// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/data_plane.hpp"
#include "agent/dataplane/data_plane_context.hpp"
#include "agent/dataplane/inbound_watch.hpp"
#include "agent/dataplane/xfrm/device.hpp"
#include "agent/dataplane/xfrm/event_socket.hpp"
#include "agent/dataplane/xfrm/inbound_capture.hpp"
#include "agent/dataplane/xfrm/installed_policies.hpp"
#include "agent/dataplane/xfrm/installed_sas.hpp"
#include "agent/dataplane/xfrm/outbound_hold.hpp"
#include "agent/dataplane/xfrm/reserved_spis.hpp"
#include "agent/dataplane/xfrm/socket.hpp"
#include "agent/routing/repair_pace.hpp"
#include "agent/routing/uplink_routes.hpp"

#include <memory>
#include <optional>
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
        const PlaneEnvironment& environment, DataPlaneEvents events);
    ~XfrmPlane() override = default;

    ike::ChildSpi allocate_spi() override;
    ike::Result<void, SystemError> install(ike::session::ChildSa sa, bool send) override;
    void switch_to(ike::ChildSpi inbound) override;
    void expect(const ike::Path& path) override;
    ike::Result<void, SystemError> move(const ike::Path& path, bool udp_encapsulated) override;
    void wait_for(const ike::Path& path, bool udp_encapsulated, ike::Duration most) override;
    void go_on() override;
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
    struct Parts;

    /// As long packets may be under way: longer than any round trip that people work over.
    static constexpr ike::Duration in_flight = std::chrono::seconds(1);

    explicit XfrmPlane(Parts parts);

    // plane_start.cpp
    Outcome watch();
    void on_kernel_events();
    void on(const ReplayEvent& event);
    void on(const Expire& event);
    void on(const Mapping& event);
    void on(const Acquire& event);
    void on(const Overrun& event);
    void on(const Removed& event);

    // plane.cpp
    [[nodiscard]] Owner owner_of(std::size_t child_policy) const;
    void report(const std::vector<LostSa>& unsent);
    void watch_for_silence();
    void rekey_later(ike::ChildSpi inbound);
    void ask_for_rekeys();
    void forget_later();
    void forget();

    // plane_restore.cpp
    void removed(const std::vector<ike::ChildSpi>& sas);
    void look_later();
    void look();
    void put_back_policies();

    // plane_paths.cpp
    Outcome send_by(const Way& way);
    void release_held();
    void on(const InboundCapture::Outcome& captured);
    [[nodiscard]] bool data_is_in_udp() const;
    void tidy_later();
    void tidy();

    PlaneEnvironment env_;
    DataPlaneEvents events_;
    Owner owner_;  // of what is no Child SA's
    mutable XfrmSocket kernel_;
    EventSocket kernel_events_;
    XfrmDevice device_;
    OuterWays ways_;
    InboundCapture capture_;
    OutboundHold hold_;
    InstalledPolicies policies_;
    ReservedSpis reserved_;
    InstalledSas sas_;
    std::optional<ike::Endpoint> mapping_told_;
    std::vector<ike::ChildSpi> rekeys_;
    SilenceWatch silence_;
    Timer watch_for_silence_;
    Timer rekey_;
    Timer forget_;
    Timer tidy_;
    RepairPace pace_;  // of looks at states and policies
    Timer look_;
    std::vector<EventSource> sources_;
};

}  // namespace agent::xfrm
