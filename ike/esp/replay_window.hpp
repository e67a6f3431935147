// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace ike::esp {

/// Tells packets of an inbound SA that came already from those that did not (RFC 4303 3.4.3), and
/// finds the half of an extended sequence number that is not sent (Appendix A2).
/// Ask check() first, verify the packet, then accept() it: a forgery must not move the window.
class ReplayWindow {
  public:
    /// While a move goes on, packets of a slow old path come in between those of a fast new one:
    /// at 1 Gbit/s this many full packets are 45 ms. RFC 4303 3.4.3 asks for 64 at least.
    static constexpr std::size_t size = 4096;

    /// `highest` is the largest sequence number received so far; 0 for a fresh SA.
    explicit ReplayWindow(bool esn, std::uint64_t highest = 0) : esn_(esn), highest_(highest) {}

    /// The whole sequence number of a packet that carries `low`, if it may still come.
    [[nodiscard]] std::optional<std::uint64_t> check(std::uint32_t low) const;
    /// Remembers a sequence number that check() gave and whose packet was authentic.
    void accept(std::uint64_t sequence);

    [[nodiscard]] std::uint64_t highest() const { return highest_; }

  private:
    [[nodiscard]] std::optional<std::uint64_t> extended(std::uint32_t low) const;

    // A ring of bits, one a sequence number. Twice the window, so that advancing clears whole words
    // that are behind it.
    static constexpr std::size_t word_bits = 64;
    static constexpr std::size_t words = 2 * size / word_bits;

    bool esn_;
    std::uint64_t highest_;
    std::array<std::uint64_t, words> seen_{};
};

}  // namespace ike::esp
