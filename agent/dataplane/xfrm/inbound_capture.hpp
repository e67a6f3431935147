// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/data_plane_context.hpp"
#include "agent/dataplane/early_esp.hpp"
#include "agent/dataplane/xfrm/inbound_state.hpp"
#include "agent/dataplane/xfrm/lost_sa.hpp"
#include "agent/dataplane/xfrm/unmatched_esp.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace agent::xfrm {

/// Receives for SAs while the kernel has no state for their packets: by a path that is expected, by
/// a path that was left, in the other form (RFC 7296 2.23), before the SA is known (RFC 7296 2.8),
/// and while a state moves. Each such packet comes in once, by the state. No other class knows of
/// ESP without a state: when all kernels move an inbound state in one step, this class can go.
class InboundCapture {
  public:
    struct Outcome {
        std::vector<LostSa> lost;  // states that did not reach the new path
        /// Packets may still be under way to an address that the states were at, or were expected
        /// at: to be followed by tidy() when they have had time to come.
        bool left_address = false;
    };

    /// All that `context` names must outlive it. When the system refuses packet sockets or a
    /// TUN device the log says so, and packets without a state are lost.
    explicit InboundCapture(const DataPlaneContext& context);
    InboundCapture(const InboundCapture&) = delete;
    InboundCapture& operator=(const InboundCapture&) = delete;
    ~InboundCapture() = default;

    /// The gateway may soon send with this SPI: its packets are kept until add(), within bounds.
    void await(ike::ChildSpi spi);
    /// The state is in the kernel; packets that were kept for it come in now. It must outlive its
    /// remove().
    void add(ike::ChildSpi spi, InboundState& state);
    /// The SA was deleted: its state receives as before, but moves no more.
    void retire(const InboundState& state);
    /// To be called before the state is destroyed.
    void remove(const InboundState& state);

    /// Packets may come by this path, too. If the states are at an address that is no longer ours
    /// they move there at once. Data is in UDP or bare.
    [[nodiscard]] Outcome expect(const ike::Path& path, bool udp_encapsulated);
    /// The path that packets may come by besides that of the states.
    [[nodiscard]] const std::optional<ike::Path>& expected() const { return expected_; }
    /// All states move to this path. Packets that come meanwhile, to either address, come in then.
    [[nodiscard]] Outcome move_to(const EncapsulatedPath& way);
    /// If the states are at an address that is no longer ours they move to the expected path.
    [[nodiscard]] Outcome network_changed(bool udp_encapsulated);
    /// Packets to addresses that were left have come. The log tells of losses.
    void tidy();

  private:
    struct Member {
        ike::ChildSpi spi;
        InboundState* state;
        bool retired;
    };

    void open(std::uint16_t nat_t_port);
    void expect_also(const ike::Path& path, Outcome& outcome);
    void leave_lost_addresses(bool udp_encapsulated, Outcome& outcome);
    void move_states(const EncapsulatedPath& way, Outcome& outcome);
    void keep_packets_to_both(const std::vector<Member>& movers, const EncapsulatedPath& way,
                              Outcome& outcome);
    std::vector<CapturedEsp> replace_states(std::vector<Member> movers, const EncapsulatedPath& way,
                                            Outcome& outcome);
    void leave(const ike::IpAddress& local, Outcome& outcome);
    [[nodiscard]] bool is_ours(const ike::IpAddress& local) const;
    [[nodiscard]] bool receives(const EncapsulatedPath& way) const;

    void watch_for_packets();
    void watch(std::vector<EspAddress> addresses);
    void let_through(CaptureFilter filter);
    [[nodiscard]] CaptureFilter wanted_filter() const;
    [[nodiscard]] std::optional<EspAddress> home_of_states() const;
    [[nodiscard]] std::vector<EspAddress> places_besides(std::optional<EspAddress> home) const;

    void take_in();
    [[nodiscard]] std::vector<CapturedEsp> read(std::size_t most);
    void bring_in(const std::vector<CapturedEsp>& packets);
    [[nodiscard]] InboundState* state_of(ike::ChildSpi spi) const;

    DataPlaneContext context_;
    std::optional<UnmatchedEsp> unmatched_;  // none: the system refuses that
    EarlyEspBuffer<CapturedEsp> early_;
    std::vector<Member> members_;
    std::optional<ike::Path> expected_;
    std::vector<ike::IpAddress> recent_addresses_;  // packets may be under way to; the newest last
    std::size_t lost_ = 0;                          // packets, since tidy()
    Timer narrow_;
    std::vector<EventSource> sources_;
};

}  // namespace agent::xfrm
