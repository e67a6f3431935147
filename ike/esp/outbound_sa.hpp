// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/result.hpp"
#include "ike/base/strong.hpp"
#include "ike/crypto/cipher.hpp"
#include "ike/crypto/random.hpp"
#include "ike/esp/error.hpp"
#include "ike/esp/overhead.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ike::esp {

/// RFC 4303 2.6: the protocol of what ESP carries.
enum class NextHeader : std::uint8_t { ipv4 = 4, ipv6 = 41, none = 59 };

/// How an SA counts its packets.
struct Sequence {
    bool esn = true;  // RFC 4303 2.2.1
    std::uint64_t last =
        0;  // the last number used; 0 for a fresh key, and never less than was used
};

/// The sending half of a Child SA: inner packets to ESP packets, in place (RFC 4303 3.3).
/// Each packet has the next sequence number, and with it an IV of its own; numbers are not
/// repeated, so neither is a nonce. `random` must outlive it; not for two threads at once.
class OutboundSa {
  public:
    OutboundSa(ChildSpi spi, crypto::Cipher cipher, Sequence sequence, crypto::Random& random);

    [[nodiscard]] const crypto::CipherSuite& suite() const { return cipher_.suite(); }
    /// Where in its buffer the inner packet of encapsulate() starts.
    [[nodiscard]] std::size_t head() const { return head_size(suite()); }
    /// The buffer that an inner packet of this size needs.
    [[nodiscard]] std::size_t room(std::size_t inner_size) const {
        return packet_size(suite(), inner_size);
    }

    /// The inner packet stands at head() of `buffer`, which has room() for it. Gives the ESP packet
    /// that starts where the buffer does. Fails only when the sequence numbers are used up.
    Result<std::span<std::uint8_t>, EspError> encapsulate(std::span<std::uint8_t> buffer,
                                                          std::size_t inner_size, NextHeader next);

    /// Three quarters of the sequence numbers are used: rekey now (RFC 4303 3.3.3). At a million
    /// packets a second that leaves 18 minutes of 32-bit numbers.
    [[nodiscard]] bool nearly_exhausted() const { return last_ >= limit_ / 4 * 3; }
    [[nodiscard]] std::uint64_t last_sequence() const { return last_; }

  private:
    void write_iv(std::span<std::uint8_t> iv);

    ChildSpi spi_;
    crypto::Cipher cipher_;
    crypto::Random* random_;
    bool esn_;
    std::uint64_t last_;
    std::uint64_t limit_;
    // Unpredictable IVs for CBC (RFC 3602 3), drawn many at a time; used from the back.
    std::array<std::uint8_t, 1024> ivs_{};
    std::size_t ivs_left_ = 0;
};

}  // namespace ike::esp
