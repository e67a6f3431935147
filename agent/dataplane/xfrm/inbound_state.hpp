// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/data_plane.hpp"
#include "agent/dataplane/xfrm/socket.hpp"
#include "agent/dataplane/xfrm/states.hpp"
#include "agent/dataplane/xfrm/unmatched_esp.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace agent::xfrm {

/// The inbound half of a Child SA in the kernel: one state with one anti-replay window (RFC 4303
/// 3.4.3), so that no packet is taken twice, by whatever paths copies of it come. A state has one
/// local address, and takes ESP in UDP or bare; what comes elsewhere is UnmatchedEsp' affair.
///
/// The move: take_out() takes the state out, put_in() puts one with its window down at the new
/// place; in between the kernel takes nothing. That the window is the last word is no matter of
/// luck: in one system call it is read and closed, and the state deleted. A closed one refuses
/// every packet, also one that another processor is just decrypting. The kernel's count of packets
/// tells whether any came in between reading and closing; which ones may have, the UnmatchedEsp
/// know.
class InboundState {
  public:
    using Outcome = ike::Result<void, SystemError>;

    /// All must outlive it.
    InboundState(XfrmSocket& kernel, const ike::session::ChildSa& sa, const Owner& owner)
        : kernel_(kernel), sa_(sa), owner_(owner), window_(unused_window()) {}
    InboundState(const InboundState&) = delete;
    InboundState& operator=(const InboundState&) = delete;
    /// Takes its state away.
    ~InboundState();

    /// Takes packets by this way from now on, and tells of the first one. Only without a state.
    Outcome put_in(const EncapsulatedPath& way);
    /// Takes none until put_in(). Fails for good when the kernel has lost the state, for then
    /// nobody knows what came in.
    Outcome take_out();
    /// `came` is what has come until take_out(), wherever to: of that, what the kernel may have
    /// taken too late for the window counts as seen.
    void account_for(const std::vector<CapturedEsp>& came);
    /// That its state has; none before put_in() and after take_out().
    [[nodiscard]] const std::optional<EncapsulatedPath>& way() const { return way_; }
    /// Whether packets by this way come to the state as it is. Then the way is its own from now on.
    bool try_in_place(const EncapsulatedPath& way);

    [[nodiscard]] bool has(const StateKey& key) const;
    /// A packet that did not come by its way is brought to it now.
    void record_brought_in() {
        ++brought_in_;
        ++gone_.packets_in_elsewhere;
    }
    /// A packet was taken. Gives the path if one has come by that and it is the first since
    /// put_in() or try_in_place(); then there are no more of these events.
    std::optional<ike::Path> first_packet(const StateKey& from);

    /// Whether the kernel has lost its state: told once. It receives nothing more, for nobody knows
    /// what came in.
    bool notice_loss();

    void add_to(Traffic& traffic) const;

  private:
    [[nodiscard]] StateKey key() const { return inbound_key(sa_, *way_); }

    XfrmSocket& kernel_;
    const ike::session::ChildSa& sa_;
    Owner owner_;
    std::optional<EncapsulatedPath> way_;
    Replay window_;                          // to land with
    std::uint64_t added_ = 0;                // Usage::added of the first state
    std::optional<EspAddress> unaccounted_;  // there packets were taken that the window lacks
    bool lost_ = false;
    bool awaits_first_ = false;
    std::uint64_t packets_before_ = 0;  // of this state, when it began to listen
    std::uint64_t brought_in_ = 0;      // brought to it since; copies among them may be refused
    Traffic gone_;                      // by states that are no more
};

}  // namespace agent::xfrm
