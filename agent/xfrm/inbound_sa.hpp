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
/// a roam there are two. The one of the new path begins with the window of the old one; when the
/// old one goes, what it saw meanwhile is entered into the new one, so that nothing is taken again.
/// In between a packet copied from one path to the other would be taken twice: that is as long as
/// packets are in flight.
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
        bool listens = true;
    };

    [[nodiscard]] StateKey key(const Leg& leg) const { return inbound_key(sa_, leg.way); }
    Outcome add(const Way& way);
    Outcome again(std::vector<Leg>::iterator leg, const Way& way);
    Outcome replace(Leg& leg, const Way& way);
    Outcome drop(std::vector<Leg>::iterator leg);
    Outcome merge_into(const StateKey& target, const Replay& other);
    void count(const StateInfo& info);

    XfrmSocket& kernel_;
    const ike::session::ChildSa& sa_;
    Owner owner_;
    std::vector<Leg> legs_;  // the newest last
    Traffic gone_;           // by states that are no more
};

}  // namespace agent::xfrm
