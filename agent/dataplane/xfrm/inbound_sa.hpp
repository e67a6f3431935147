// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/data_plane.hpp"
#include "agent/dataplane/xfrm/socket.hpp"
#include "agent/dataplane/xfrm/states.hpp"
#include "agent/dataplane/xfrm/stray_packets.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace agent::xfrm {

/// The inbound half of a Child SA in the kernel: one state with one anti-replay window (RFC 4303
/// 3.4.3), so that no packet is taken twice, by whatever paths copies of it come. A state has one
/// local address, and takes ESP in UDP or bare; what comes elsewhere is StrayPackets' affair.
///
/// The move: lift() takes the state out, land() puts one with its window down at the new place; in
/// between the kernel takes nothing. That the window is the last word is no matter of luck: in one
/// system call it is read and closed, and the state deleted. A closed one refuses every packet,
/// also one that another processor is just decrypting. The kernel's count of packets tells whether
/// any came in between reading and closing; which ones may have, the StrayPackets know.
class InboundSa {
  public:
    using Outcome = ike::Result<void, SystemError>;

    /// All must outlive it.
    InboundSa(XfrmSocket& kernel, const ike::session::ChildSa& sa, const Owner& owner)
        : kernel_(kernel), sa_(sa), owner_(owner), window_(unused_window()) {}
    InboundSa(const InboundSa&) = delete;
    InboundSa& operator=(const InboundSa&) = delete;
    /// Takes its state away.
    ~InboundSa();

    /// Takes packets by this way from now on, and tells of the first one. Only without a state.
    Outcome land(const Way& way);
    /// Takes none until land(). Fails for good when the kernel has lost the state, for then nobody
    /// knows what came in.
    Outcome lift();
    /// `came` is what has come until lift(), wherever to: of that, what the kernel may have taken
    /// too late for the window counts as seen.
    void settle(const std::vector<Stray>& came);
    /// That its state has; none before land() and after lift().
    [[nodiscard]] const std::optional<Way>& way() const { return way_; }
    /// Whether packets by this way come to the state as it is. Then the way is its own from now on.
    bool follow(const Way& way);

    [[nodiscard]] bool has(const StateKey& key) const;
    /// A packet that did not come by its way is brought to it now.
    void note_stray() {
        ++strays_;
        ++gone_.packets_in_elsewhere;
    }
    /// A packet was taken. Gives the path if one has come by that and it is the first since land()
    /// or follow(); then there are no more of these events.
    std::optional<ike::Path> heard(const StateKey& from);

    /// Whether the kernel has lost its state: told once. It receives nothing more, for nobody knows
    /// what came in.
    bool notice_loss();

    void add_to(Traffic& traffic) const;

  private:
    [[nodiscard]] StateKey key() const { return inbound_key(sa_, *way_); }

    XfrmSocket& kernel_;
    const ike::session::ChildSa& sa_;
    Owner owner_;
    std::optional<Way> way_;
    Replay window_;                       // to land with
    std::uint64_t added_ = 0;             // Usage::added of the first state
    std::optional<EspAddress> in_doubt_;  // there packets were taken that the window lacks
    bool lost_ = false;
    bool listens_ = false;
    std::uint64_t packets_before_ = 0;  // of this state, when it began to listen
    std::uint64_t strays_ = 0;          // brought to it since; copies among them may be refused
    Traffic gone_;                      // by states that are no more
};

}  // namespace agent::xfrm
