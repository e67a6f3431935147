// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/data_plane.hpp"
#include "agent/dataplane/xfrm/socket.hpp"
#include "agent/dataplane/xfrm/states.hpp"

#include <optional>
#include <span>
#include <vector>

namespace agent::xfrm {

/// The outbound half of a Child SA in the kernel: at most one state, because there may be only one
/// of an SPI and destination, and because no sequence number may be used twice.
///
/// A move: Linux 7.2 and later gives a state other addresses in one step, XFRM_MSG_MIGRATE_STATE,
/// and its numbers go on without a gap. An older kernel deletes the state and adds another. Either
/// way the policies that name the state follow in the same system call: packets in between find no
/// state and are thrown away, never sent in clear.
///
/// A state that is added begins behind all numbers that the old one may have used. These are known
/// for certain: the kernel counts packets and stops a state at a limit. So the count is set to
/// `fence_room` below the limit, and only then the number is read. From then on the old state can
/// use at most the numbers that are left to the limit, whatever other processors do meanwhile and
/// however long this one is kept waiting.
///
/// XFRM_MSG_MIGRATE is not used, though older: it copies the counter while the old state still
/// sends, can't take encapsulation away, and finds states by policy instead of by SPI.
class OutboundState {
  public:
    using Outcome = ike::Result<void, SystemError>;
    static constexpr std::uint64_t fence_room = 4096;
    enum class Move : std::uint8_t { migrate_state, delete_and_add };  // what the kernel can

    /// All must outlive it.
    OutboundState(XfrmSocket& kernel, const ike::session::ChildSa& sa, const Owner& owner,
                  Move move)
        : kernel_(kernel), sa_(sa), owner_(owner), move_(move) {}
    OutboundState(const OutboundState&) = delete;
    OutboundState& operator=(const OutboundState&) = delete;
    /// Takes its state away.
    ~OutboundState();

    /// Sends by this way from now on, what `selectors` select. Fails for good once the kernel has
    /// lost a state of it: the numbers that were used are not known then.
    Outcome send_by(const EncapsulatedPath& way, std::span<const Selector> selectors);
    /// Sends nothing, until it is told a way again.
    Outcome stop();

    [[nodiscard]] bool is(const StateKey& key) const {
        return way_ && outbound_key(sa_, *way_) == key;
    }

    /// Whether a state with this count of packets has it from a fence, and not from what it sent.
    [[nodiscard]] static bool is_fenced(std::uint64_t packets) {
        return packets >= packet_limit - fence_room;
    }

    /// Whether the kernel has nothing any more of what it should send by: told once. It sends
    /// nothing more, for the numbers that were used are not known.
    bool notice_loss();

    void add_to(Traffic& traffic) const;

  private:
    /// Numbers up to this one may have been used.
    struct Used {
        std::uint64_t number = 0;
        Usage usage;
    };

    bool migrate_to(const EncapsulatedPath& way, const std::vector<Policy>& policies);
    Outcome replace_by(const EncapsulatedPath& way, const std::vector<Policy>& policies);
    ike::Result<Used, SystemError> fence(const StateKey& key);

    XfrmSocket& kernel_;
    const ike::session::ChildSa& sa_;
    Owner owner_;
    Move move_;
    std::optional<EncapsulatedPath> way_;  // that its state has
    std::optional<Used> stopped_;          // where to go on from
    bool lost_ = false;                    // nobody knows where: it sends nothing more
};

}  // namespace agent::xfrm
