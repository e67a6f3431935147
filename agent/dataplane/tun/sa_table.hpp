// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/data_plane.hpp"
#include "agent/dataplane/early_esp.hpp"
#include "agent/dataplane/tun/event_queue.hpp"
#include "ike/crypto/random.hpp"
#include "ike/esp/inbound_sa.hpp"
#include "ike/esp/outbound_sa.hpp"
#include "ike/esp/selector.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace agent {

/// The path and the outer header of an ESP packet that came in.
struct InboundContext {
    const ike::Path& path;
    std::uint8_t traffic_class = 0;
    std::chrono::nanoseconds when{};  // CLOCK_MONOTONIC
};

/// An ESP packet that came before there was its SA.
struct EarlyEsp {
    ike::ChildSpi spi;
    ike::Bytes esp;
    ike::Path path;
    std::uint8_t traffic_class = 0;
};

/// An ESP packet to send and the outer header it is to have.
struct EncapsulatedPacket {
    std::span<std::uint8_t> bytes;
    std::uint8_t traffic_class = 0;
    bool dont_fragment = false;
};

/// The Child SAs of a tunnel, and the processing of each packet by them (RFC 4301 5: the SAD, and
/// the SPD entries of these SAs). Does no I/O; the caller hands in CLOCK_MONOTONIC. Not for two
/// threads at once.
class SaTable {
  public:
    using Time = std::chrono::nanoseconds;

    /// In a buffer for outbound(), the inner packet stands here: behind the longest ESP head.
    static constexpr std::size_t headroom = ike::esp::header_size + 16;
    /// And this much must be left behind it: the longest padding, trailer and ICV.
    static constexpr std::size_t tailroom = 15 + ike::esp::trailer_size + 32;
    /// How long an SA still receives after remove(): longer than packets stay in flight.
    static constexpr std::chrono::seconds drain_time{5};

    explicit SaTable(ike::crypto::Random& random) : random_(random) {}

    ike::ChildSpi allocate_spi();
    ike::Result<void, SystemError> install(const ike::session::ChildSa& sa, bool send);
    void switch_to(ike::ChildSpi inbound);
    void move(const ike::Path& path);
    void remove(ike::ChildSpi inbound, Time now);

    /// Forgets removed SAs whose time is over; gives when the next one's is.
    std::optional<Time> expire(Time now);

    /// Where outbound packets go; none: nowhere.
    [[nodiscard]] const std::optional<ike::Path>& path() const { return path_; }

    /// `buffer` holds headroom, an inner packet of `size`, and tailroom. None: dropped and counted.
    std::optional<EncapsulatedPacket> outbound(std::span<std::uint8_t> buffer, std::size_t size);
    /// The inner packet, in the memory of the ESP packet. None: dropped and counted, or a dummy, or
    /// kept for install().
    std::optional<std::span<std::uint8_t>> inbound(std::span<std::uint8_t> packet,
                                                   const InboundContext& context);

    /// Packets that came before their SA was installed: for inbound(), now.
    std::vector<EarlyEsp> take_early() { return std::exchange(came_early_, {}); }

    /// Events since the last call.
    std::vector<PlaneEvent> take_events() { return std::exchange(events_, {}); }

    [[nodiscard]] const Traffic& traffic() const { return traffic_; }
    void count_dropped(std::size_t packets) { traffic_.queue_dropped += packets; }
    void count_malformed(std::size_t packets) { traffic_.malformed += packets; }

  private:
    /// The last paths an SA received by; as many as a laptop and its NATs plausibly have at a time.
    class KnownPaths {
      public:
        /// True if it was not there.
        bool add(const ike::Path& path);
        void forget(const ike::Path& path);

      private:
        std::array<ike::Path, 4> paths_{};
        std::size_t next_ = 0;
    };

    struct Entry {
        ike::ChildSpi spi;  // inbound
        std::size_t policy = 0;
        bool sends = false;  // traffic of its policy leaves by this SA
        ike::esp::InboundSa in;
        std::optional<ike::esp::OutboundSa> out;  // none once removed
        ike::esp::Selectors selectors;
        KnownPaths known_paths{};
        bool exhaustion_reported = false;
        std::optional<Time> expires{};
    };

    Entry* find(ike::ChildSpi inbound);
    Entry* sender_of(const ike::esp::InnerPacket& packet);
    void count(ike::esp::EspError error);
    std::optional<std::span<std::uint8_t>> accept(const Entry& entry,
                                                  const ike::esp::Decapsulated& packet,
                                                  std::uint8_t outer_traffic_class);

    ike::crypto::Random& random_;
    std::vector<Entry> entries_;  // a handful: one, and more while a rekey goes on
    std::optional<ike::Path> path_;
    EarlyEspBuffer<EarlyEsp> early_;    // of SPIs that are allocated and not installed
    std::vector<EarlyEsp> came_early_;  // of SAs that are installed by now
    std::vector<PlaneEvent> events_;
    Traffic traffic_;
};

}  // namespace agent
