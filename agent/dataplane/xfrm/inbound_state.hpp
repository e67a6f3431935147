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
/// local address, and takes ESP either in UDP or bare. InboundCapture brings it all other packets.
///
/// A move: take_out() deletes the state, put_in() adds one with its window at the new address. In
/// between the kernel takes no packet. The window is exact: one system call reads it, closes it,
/// and deletes the state. A closed window refuses every packet, also one that another processor is
/// just decrypting. The kernel's count of packets tells whether any came in between reading and
/// closing; account_for() gets the packets that this may have been.
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

    /// Takes packets by this path from now on; the kernel tells of the first. Only without a state.
    Outcome put_in(const EncapsulatedPath& way);
    /// Takes no packet until put_in(). Fails for good when the kernel has lost the state: nobody
    /// knows which packets came in.
    Outcome take_out();
    /// `came` holds the packets that have come until take_out(), to any address. Packets that the
    /// kernel may have taken too late for the window count as seen.
    void account_for(const std::vector<CapturedEsp>& came);
    /// The path of its state; none before put_in() and after take_out().
    [[nodiscard]] const std::optional<EncapsulatedPath>& way() const { return way_; }
    /// Whether packets by this path come to the state as it is. If so, the state has this path.
    bool try_in_place(const EncapsulatedPath& way);

    [[nodiscard]] bool has(const StateKey& key) const;
    /// A packet that did not come by its path is brought to it now.
    void record_brought_in() {
        ++brought_in_;
        ++gone_.packets_in_elsewhere;
    }
    /// The kernel told that the state took a packet. Gives the path if the first packet since
    /// put_in() or try_in_place() has come by it; the kernel tells of no others then.
    std::optional<ike::Path> first_packet(const StateKey& from);

    /// Whether the kernel has lost its state: told once. The SA receives nothing more, for nobody
    /// knows which packets came in.
    bool notice_loss();

    void add_to(Traffic& traffic) const;

  private:
    [[nodiscard]] StateKey key() const { return inbound_key(sa_, *way_); }

    XfrmSocket& kernel_;
    const ike::session::ChildSa& sa_;
    Owner owner_;
    std::optional<EncapsulatedPath> way_;
    Replay window_;                          // for put_in()
    std::uint64_t added_ = 0;                // Usage::added of the first state
    std::optional<EspAddress> unaccounted_;  // the window may lack packets that came here
    bool lost_ = false;
    bool awaits_first_ = false;
    std::uint64_t packets_before_ = 0;  // of this state, when it began to listen
    std::uint64_t brought_in_ = 0;      // brought to it since; copies among them may be refused
    Traffic gone_;                      // by states that are no more
};

}  // namespace agent::xfrm
