// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/channel.hpp"
#include "agent/dataplane/xfrm/parse.hpp"

#include <vector>

namespace agent::xfrm {

/// Hears what the kernel's IPsec has to say, about everybody's states and policies.
class EventSocket {
  public:
    /// ReplayEvents can be as many as packets, and others want some for reasons of their own: only
    /// ReplayEvents about the states of one tunnel (kernel_ids.hpp) are received.
    static ike::Result<EventSocket, SystemError> open(std::uint32_t tunnel_number);

    /// Readable when there are events.
    [[nodiscard]] int fd() const { return channel_.fd(); }

    /// The events that have come in. After very many it returns early; the descriptor stays
    /// readable.
    std::vector<Event> take();

  private:
    explicit EventSocket(Channel channel) : channel_(std::move(channel)) {}

    Channel channel_;
};

}  // namespace agent::xfrm
