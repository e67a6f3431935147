// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/strong.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace agent {

/// Inbound SPIs that are allocated and not yet installed: of more the oldest is given up.
inline constexpr std::size_t most_awaited_spis = 64;

/// ESP of Child SAs that the gateway has and we have not yet: it may send as soon as it has
/// answered (RFC 7296 2.8), we know the keys when we have read that. It is kept as it came until
/// install(), within bounds; who knows the SPI may have sent anything. `Packet` has an `spi` and
/// its `esp`.
template <class Packet>
class EarlyEspBuffer {
  public:
    static constexpr std::size_t most_bytes = 4 << 20;  // 30 ms of 1 Gbit/s

    /// From now on. Of too many the first is not waited for any longer.
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

    /// False: nobody waits for it, or there is no room.
    bool keep(Packet packet) {
        if (!awaits(packet.spi) || size_of(packet) > most_bytes - bytes_) {
            return false;
        }
        bytes_ += size_of(packet);
        packets_.push_back(std::move(packet));
        return true;
    }

    /// What came, in its order. The SPI is waited for no longer.
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
