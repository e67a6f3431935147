// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/strong.hpp"

#include <optional>

namespace sim {

/// The stand-in for an ESP packet: not encrypted, but it says which key it was made with, so a
/// receiver sees whether both ends agree, and a reused sequence number shows.
struct EspTag {
    ike::ChildSpi spi;
    std::uint64_t sequence = 0;
    std::uint64_t key = 0;     // a fingerprint
    std::uint64_t number = 0;  // of the inner packet

    [[nodiscard]] ike::Bytes encode() const;
    static std::optional<EspTag> decode(ike::ByteView packet);
};

/// Of a direction's encryption and integrity key. Two keys have the same one by chance only.
std::uint64_t fingerprint(ike::ByteView encryption_key, ike::ByteView integrity_key);

}  // namespace sim
