// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sim {

/// One number (FNV-1a) over the traces of all simulated runs of a test, whether a World keeps its
/// trace or not: each datagram and event of the session with its time in nanoseconds. A change that
/// only moves code leaves every number as it was.
class Digest {
  public:
    void add(std::uint64_t number);
    void add(ike::ByteView bytes);
    [[nodiscard]] std::string text() const;

  private:
    std::uint64_t hash_ = 0xcbf29ce484222325U;
};

/// The digest of the test that runs now; nullptr unless the environment has ROAMD_SIM_DIGEST.
Digest* current_digest();
/// Adds what no trace tells a person, with its order. Does nothing where no digest is wanted.
void add_to_digest(std::string_view what);
/// The next test begins.
void begin_digest();

}  // namespace sim
