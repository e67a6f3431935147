// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/strong.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace agent {

/// The most inbound SPIs that are allocated and not yet installed. Of more, the oldest is given up.
inline constexpr std::size_t most_awaited_spis = 64;

/// ESP of Child SAs that the gateway has and we have not yet. The gateway may send as soon as it
/// has answered (RFC 7296 2.8); we know the keys once we have read the answer. Packets are kept as
/// they came until install(), within bounds: anybody who knows the SPI may have sent them. `Packet`
/// has an `spi` and its `esp`.
template <class Packet>
class EarlyEspBuffer {
  public:
    static constexpr std::size_t most_bytes = 4 << 20;  // 30 ms of 1 Gbit/s

    /// Packets of this SPI are kept from now on. Of too many SPIs the oldest is given up.
    void await(ike::ChildSpi spi) {
        if (spis_.size() == most_awaited_spis) {
            (void)take(spis_.front());
        }
        spis_.push_back(spi);
    }
    [[nodiscard]] bool awaits(ike::ChildSpi spi) const {
        return std::ranges::count(spis_, spi) != 0;
    }
    [[nodiscard]] const std::vector<ike::ChildSpi>& awaited() const { return spis_; }

    /// False: its SPI is not awaited, or there is no room.
    bool keep(Packet packet) {
        if (!awaits(packet.spi) || size_of(packet) > most_bytes - bytes_) {
            return false;
        }
        bytes_ += size_of(packet);
        packets_.push_back(std::move(packet));
        return true;
    }

    /// The packets that were kept, in their order. The SPI is awaited no longer.
    std::vector<Packet> take(ike::ChildSpi spi) {
        std::erase(spis_, spi);
        const auto mine =
            std::stable_partition(packets_.begin(), packets_.end(),
                                  [spi](const Packet& packet) { return packet.spi != spi; });
        std::vector<Packet> taken;
        std::move(mine, packets_.end(), std::back_inserter(taken));
        packets_.erase(mine, packets_.end());
        for (const Packet& packet : taken) {
            bytes_ -= size_of(packet);
        }
        return taken;
    }

  private:
    static std::size_t size_of(const Packet& packet) { return sizeof packet + packet.esp.size(); }

    std::vector<ike::ChildSpi> spis_;
    std::vector<Packet> packets_;
    std::size_t bytes_ = 0;  // in them
};

}  // namespace agent
