// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/base/strong.hpp"
#include "ike/crypto/cipher.hpp"
#include "ike/esp/error.hpp"
#include "ike/esp/outbound_sa.hpp"
#include "ike/esp/replay_window.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace ike::esp {

/// The SPI of an ESP packet, if it is long enough to have one.
std::optional<ChildSpi> spi_of(ByteView packet);

/// The content of an ESP packet.
struct Decapsulated {
    std::span<std::uint8_t> payload;  // inside the ESP packet's own memory
    NextHeader next{};                // others than NextHeader names are legal values
    std::uint64_t sequence = 0;
};

/// The receiving half of a Child SA: ESP packets to inner packets, in place (RFC 4303 3.4).
/// Not for two threads at once.
class InboundSa {
  public:
    /// `sequence.last` is the largest number received so far; 0 for a fresh key.
    InboundSa(ChildSpi spi, crypto::Cipher cipher, Sequence sequence);

    /// Only an authentic packet changes the SA. After an error what is in `packet` is of no use. A
    /// dummy packet (NextHeader::none) is a success: authentic, and to be dropped.
    Result<Decapsulated, EspError> decapsulate(std::span<std::uint8_t> packet);

    [[nodiscard]] std::uint64_t highest_sequence() const { return window_.highest(); }

  private:
    ChildSpi spi_;
    crypto::Cipher cipher_;
    bool esn_;
    ReplayWindow window_;
};

}  // namespace ike::esp
