// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/data_plane.hpp"
#include "agent/dataplane/data_plane_context.hpp"
#include "agent/dataplane/early_esp.hpp"
#include "agent/dataplane/inbound_watch.hpp"
#include "agent/dataplane/xfrm/carried_sa.hpp"
#include "agent/dataplane/xfrm/device.hpp"
#include "agent/dataplane/xfrm/event_socket.hpp"
#include "agent/dataplane/xfrm/socket.hpp"
#include "agent/dataplane/xfrm/stray_packets.hpp"
#include "agent/dataplane/xfrm/waiting_packets.hpp"
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
    ~XfrmPlane() override;

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
    /// Until move() or go_on(); then for stragglers.
    struct Waiting {
        WaitingPackets packets;
        Way before;
        bool udp_encapsulated;
        bool over;
        EventSource source;
    };
    struct Parts;

    /// As long packets may be under way: longer than any round trip that people work over.
    static constexpr ike::Duration in_flight = std::chrono::seconds(1);
    /// What comes to the states is copied in vain for as long, and then a roam is over.
    static constexpr ike::Duration until_narrowed = std::chrono::milliseconds(50);

    explicit XfrmPlane(Parts parts);

    // plane_start.cpp
    Outcome watch();
    void open_strays();
    void on_kernel_events();
    void on(const ReplayEvent& event);
    void on(const Expire& event);
    void on(const Mapping& event);
    void on(const Acquire& event);
    void on(const Overrun& event);
    void on(const Removed& event);

    // plane.cpp
    [[nodiscard]] Owner owner_of(std::size_t child_policy) const;
    void release(const StateKey& reserved);
    Outcome add_inbound_policies(const std::vector<Selector>& selectors, const Owner& owner);
    Outcome send_by_way(CarriedSa& sa);
    void watch_for_silence();
    void rekey_later(ike::ChildSpi inbound);
    void ask_for_rekeys();
    void forget_later();
    void forget();
    [[nodiscard]] CarriedSa* find(ike::ChildSpi inbound) const;

    // plane_restore.cpp
    void removed(const CarriedSa& sa);
    void look_later();
    void look();
    Outcome put_back_policies();
    [[nodiscard]] Policy policy_for(const PolicyKey& key) const;

    // plane_paths.cpp
    Outcome send_all_by(const Way& way);
    [[nodiscard]] ike::Result<WaitingPackets, SystemError> lead_aside(const ike::Path& path);
    void take_in_what_waits();
    void let_go();
    void forget_what_waited();
    void expect_also(const ike::Path& path);
    void tidy_later();
    void tidy();

    // plane_inbound.cpp
    void receive_all_by(const Way& way);
    void leave_lost_addresses();
    void lost(const CarriedSa& sa, const SystemError& why);
    void leave(const ike::IpAddress& local);
    void watch_for_strays();
    void watch(std::vector<EspAddress> addresses);
    [[nodiscard]] TapFilter wanted_filter() const;
    void filter_strays(TapFilter filter);
    [[nodiscard]] std::optional<EspAddress> home_of_states() const;
    [[nodiscard]] bool is_ours(const ike::IpAddress& local) const;
    [[nodiscard]] bool receives(const Way& way) const;
    [[nodiscard]] std::vector<EspAddress> every_place(std::optional<EspAddress> home) const;
    void take_in_strays();
    void take_in_early(ike::ChildSpi spi);
    std::vector<Stray> read_strays(std::size_t most);
    [[nodiscard]] InboundSa* inbound_of(ike::ChildSpi spi) const;
    void bring_in(const std::vector<Stray>& packets);
    void look_after_strays();

    PlaneEnvironment env_;
    DataPlaneEvents events_;
    Owner owner_;  // of what is no Child SA's
    mutable XfrmSocket kernel_;
    EventSocket kernel_events_;
    XfrmDevice device_;
    OutboundSa::Move move_;
    OuterWays ways_;
    std::vector<StateKey> reserved_;  // SPIs that no SA uses yet
    std::vector<PolicyKey> policies_;
    std::optional<Way> way_;             // that data goes by
    std::optional<ike::Path> expected_;  // that it may come by, too
    std::vector<std::unique_ptr<CarriedSa>> sas_;
    Traffic gone_;  // by SAs that are no more
    std::optional<ike::Endpoint> mapping_told_;
    std::optional<Waiting> waiting_;
    std::optional<StrayPackets> strays_;  // none: the system refuses that
    EarlyPackets<Stray> early_;           // of reserved SPIs
    std::vector<ike::IpAddress> left_;    // that packets may be under way to; the newest last
    std::size_t strays_lost_ = 0;
    std::vector<ike::ChildSpi> rekeys_;
    SilenceWatch silence_;
    Timer watch_for_silence_;
    Timer rekey_;
    Timer go_on_;
    Timer forget_;
    Timer tidy_;
    Timer narrow_;
    RepairPace pace_;  // of looks at states and policies
    Timer look_;
    std::vector<EventSource> sources_;
};

}  // namespace agent::xfrm
