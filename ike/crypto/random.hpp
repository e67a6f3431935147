// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ike::crypto {

/// Where nonces, SPIs, IVs, ephemeral keys and jitter come from. An interface, so that a test can
/// seed it and a simulated run can be repeated.
class Random {
  public:
    Random() = default;
    virtual ~Random() = default;
    Random(const Random&) = delete;
    Random& operator=(const Random&) = delete;

    virtual void fill(std::span<std::uint8_t> out) = 0;

    std::uint32_t u32();
    std::uint64_t u64();
    Bytes bytes(std::size_t count);
    /// Evenly spread over [0, 1).
    double jitter();
};

/// The random generator of OpenSSL, itself seeded by the kernel. Ends the process when the kernel
/// has no entropy to give: there is no safe way on.
class OpensslRandom final : public Random {
  public:
    void fill(std::span<std::uint8_t> out) override;
};

}  // namespace ike::crypto
