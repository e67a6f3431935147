// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/data_plane.hpp"
#include "agent/xfrm/socket.hpp"
#include "agent/xfrm/states.hpp"

#include <optional>
#include <span>
#include <vector>

namespace agent::xfrm {

/// The inbound half of a Child SA in the kernel: one state for each local address that packets may
/// come to, because the kernel finds a state by destination address and SPI (RFC 4301 4.1). During
/// a roam there are two, with a window each. The one of the new path takes nothing that is as old
/// as what had come in by then, for the gateway sent that by the old path; when the old one goes,
/// what it saw meanwhile is entered into the new one, so that nothing is taken again. In between,
/// as long as packets are in flight, one that somebody copies from one path to the other is taken
/// twice. The kernel has no window for two states; so that is counted.
class InboundSa {
  public:
    using Outcome = ike::Result<void, SystemError>;

    /// All must outlive it.
    InboundSa(XfrmSocket& kernel, const ike::session::ChildSa& sa, const Owner& owner)
        : kernel_(kernel), sa_(sa), owner_(owner) {}
    InboundSa(const InboundSa&) = delete;
    InboundSa& operator=(const InboundSa&) = delete;
    /// Takes its states away.
    ~InboundSa();

    /// Packets are taken by this way, too, from now on, and the first one is told of.
    Outcome expect(const Way& way);
    /// No longer at other addresses than these.
    Outcome keep_only(std::span<const ike::IpAddress> locals);

    [[nodiscard]] bool has(const StateKey& key) const;
    /// A packet has come. Gives its path if it is the first of its state that was waited for; then
    /// there are no more of these events.
    std::optional<ike::Path> heard(const StateKey& key);

    void add_to(Traffic& traffic) const;

  private:
    struct Leg {
        Way way;
        Replay set;  // its window when we last set it
        bool listens = true;
    };

    [[nodiscard]] StateKey key(const Leg& leg) const { return inbound_key(sa_, leg.way); }
    Outcome add(const Way& way);
    Outcome again(std::vector<Leg>::iterator leg, const Way& way);
    Outcome replace(Leg& leg, const Way& way);
    Outcome drop(std::vector<Leg>::iterator leg);
    [[nodiscard]] Replay seen_by_all(Replay window) const;
    Outcome merge_into(Leg& leg, const Leg& other, const Replay& seen_there);
    void count(const StateInfo& info);

    XfrmSocket& kernel_;
    const ike::session::ChildSa& sa_;
    Owner owner_;
    std::vector<Leg> legs_;  // the newest last
    Traffic gone_;           // by states that are no more
};

}  // namespace agent::xfrm
