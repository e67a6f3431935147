// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ike::esp {

/// Writes a number over the first bytes of `out`, big-endian.
template <std::unsigned_integral T>
void store(std::span<std::uint8_t> out, T value) {
    for (std::size_t index = 0; index < sizeof(T); ++index) {
        out[index] = static_cast<std::uint8_t>(value >> (8 * (sizeof(T) - 1 - index)));
    }
}

/// The bytes that the ICV covers besides IV and ciphertext. With 32-bit sequence numbers that is
/// the header as sent. An extended number's high half is not sent: an AEAD takes SPI and all 64
/// bits (RFC 4106 5), CBC with HMAC the header and, behind the ciphertext, the high half (RFC
/// 4303 2.2.1).
class Authenticated {
  public:
    Authenticated(std::uint32_t spi, std::uint64_t sequence, bool esn, bool aead) {
        const auto low = static_cast<std::uint32_t>(sequence);
        const auto high = static_cast<std::uint32_t>(sequence >> 32U);
        const std::span<std::uint8_t> out(bytes_);
        store(out, spi);
        if (esn && aead) {
            store(out.subspan(4), high);
            store(out.subspan(8), low);
            head_size_ = 12;
            return;
        }
        store(out.subspan(4), low);
        store(out.subspan(8), high);
        trailer_size_ = esn ? 4 : 0;
    }

    [[nodiscard]] std::span<const std::uint8_t> head() const {
        return std::span(bytes_).first(head_size_);
    }
    [[nodiscard]] std::span<const std::uint8_t> trailer() const {
        return std::span(bytes_).subspan(8, trailer_size_);
    }

  private:
    std::array<std::uint8_t, 12> bytes_{};
    std::size_t head_size_ = 8;
    std::size_t trailer_size_ = 0;
};

}  // namespace ike::esp
