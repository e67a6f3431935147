// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/xfrm/channel.hpp"
#include "agent/xfrm/parse.hpp"

#include <vector>

namespace agent::xfrm {

/// Hears what the kernel's IPsec has to say, about everybody's states and policies.
class EventSocket {
  public:
    /// For Expire, Mapping and Acquire.
    static ike::Result<EventSocket, SystemError> open();

    /// Readable when there are events.
    [[nodiscard]] int fd() const { return channel_.fd(); }

    /// ReplayEvents can be as many as packets: only for as long as somebody wants one.
    ike::Result<void, SystemError> hear_replay_events(bool wanted);

    /// What has come in; after very many it returns early, and the descriptor stays readable.
    std::vector<Event> take();

  private:
    explicit EventSocket(Channel channel) : channel_(std::move(channel)) {}

    Channel channel_;
};

}  // namespace agent::xfrm
