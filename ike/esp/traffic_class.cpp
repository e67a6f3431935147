// SPDX-License-Identifier: Apache-2.0
#include "ike/esp/traffic_class.hpp"

namespace ike::esp {

namespace {

// RFC 3168 5
constexpr std::uint8_t not_ect = 0, ect_1 = 1, ect_0 = 2, ce = 3;
constexpr std::uint8_t ecn_mask = 3;

/// RFC 1624, equation 3: the header checksum after the 16-bit word `before` became `after`.
std::uint16_t updated_checksum(std::uint16_t checksum, std::uint16_t before, std::uint16_t after) {
    std::uint32_t sum = std::uint32_t{static_cast<std::uint16_t>(~checksum)} +
                        static_cast<std::uint16_t>(~before) + after;
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

std::uint16_t word_at(std::span<const std::uint8_t> bytes, std::size_t offset) {
    return static_cast<std::uint16_t>(bytes[offset] << 8U | bytes[offset + 1]);
}

void set_ecn_ipv4(std::span<std::uint8_t> header, std::uint8_t ecn) {
    const std::uint16_t before = word_at(header, 0);
    header[1] = static_cast<std::uint8_t>((header[1] & ~ecn_mask) | ecn);
    const std::uint16_t checksum =
        updated_checksum(word_at(header, 10), before, word_at(header, 0));
    header[10] = static_cast<std::uint8_t>(checksum >> 8U);
    header[11] = static_cast<std::uint8_t>(checksum);
}

void set_ecn_ipv6(std::span<std::uint8_t> header, std::uint8_t ecn) {
    header[1] = static_cast<std::uint8_t>((header[1] & 0xcfU) | static_cast<unsigned>(ecn) << 4U);
}

}  // namespace

bool combine_ecn(std::span<std::uint8_t> inner, std::uint8_t outer_traffic_class) {
    const bool ipv4 = inner[0] >> 4U == 4;
    const std::uint8_t outer_ecn = outer_traffic_class & ecn_mask;
    const std::uint8_t inner_ecn = (ipv4 ? inner[1] : inner[1] >> 4U) & ecn_mask;
    if (inner_ecn == not_ect) {
        // RFC 6040 4.2: a mark that the sender cannot understand is told to it by a loss.
        return outer_ecn != ce;
    }
    const bool marked = outer_ecn == ce || (outer_ecn == ect_1 && inner_ecn == ect_0);
    if (marked && inner_ecn != ce) {
        ipv4 ? set_ecn_ipv4(inner, outer_ecn) : set_ecn_ipv6(inner, outer_ecn);
    }
    return true;
}

}  // namespace ike::esp
