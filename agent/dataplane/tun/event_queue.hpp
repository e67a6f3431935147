// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/path.hpp"
#include "netwatch/fd.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

namespace agent {

// Events of the data plane's thread for the event loop; see DataPlaneEvents.
struct FirstInbound {
    ike::ChildSpi inbound;
    ike::Path path;
    std::chrono::nanoseconds when{};  // CLOCK_MONOTONIC
};
struct IkeDatagram {
    ike::Bytes datagram;
    ike::Path path;
};
struct SequenceNearlyExhausted {
    ike::ChildSpi inbound;
};
struct InboundStopped {};
using PlaneEvent = std::variant<FirstInbound, IkeDatagram, SequenceNearlyExhausted, InboundStopped>;

/// Hands events from one thread to another, which waits on fd(). Bounded: events that do not fit
/// are dropped. IKE datagrams have a limit of their own, so that a flood of them does not push out
/// other events. A dropped IKE message is retransmitted by its sender.
class PlaneEventQueue {
  public:
    static constexpr std::size_t max_events = 256;
    static constexpr std::size_t max_ike_datagrams = 64;
    static constexpr std::size_t max_ike_bytes = 256 << 10U;  // several of the largest datagrams

    PlaneEventQueue();

    /// False: dropped.
    bool push(PlaneEvent event);
    /// All events that wait, in order.
    std::vector<PlaneEvent> take();
    /// Readable while something waits.
    [[nodiscard]] int fd() const { return fd_.get(); }

  private:
    netwatch::Fd fd_;
    std::mutex mutex_;
    std::vector<PlaneEvent> events_;
    std::size_t ike_datagrams_ = 0;
    std::size_t ike_bytes_ = 0;
};

}  // namespace agent
