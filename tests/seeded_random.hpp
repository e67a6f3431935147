// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/random.hpp"

#include <cstdint>
#include <span>

namespace tests {

/// The same bytes from the same seed, on every machine: the SplitMix64 sequence (Steele, Lea,
/// Flood, "Fast splittable pseudorandom number generators", 2014). For tests; no secret may come
/// from it.
class SeededRandom final : public ike::crypto::Random {
  public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

    void fill(std::span<std::uint8_t> out) override {
        std::uint64_t word = 0;
        for (std::size_t index = 0; index < out.size(); ++index) {
            word = index % sizeof(word) == 0 ? next() : word >> 8U;
            out[index] = static_cast<std::uint8_t>(word);
        }
    }

  private:
    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
        return mixed ^ (mixed >> 31U);
    }

    std::uint64_t state_;
};

}  // namespace tests
