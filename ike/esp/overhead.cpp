// SPDX-License-Identifier: Apache-2.0
#include "ike/esp/overhead.hpp"

#include <algorithm>

namespace ike::esp {

namespace {

constexpr std::size_t ipv4_header = 20;
constexpr std::size_t ipv6_header = 40;
constexpr std::size_t udp_header = 8;

/// RFC 4303 2.4: the encrypted part ends on a 4-byte boundary, whatever the cipher.
std::size_t alignment(const crypto::CipherSuite& suite) {
    return std::max<std::size_t>(4, suite.block_size());
}

}  // namespace

std::size_t head_size(const crypto::CipherSuite& suite) {
    return header_size + suite.iv_size();
}

std::size_t max_tail_size(const crypto::CipherSuite& suite) {
    return alignment(suite) - 1 + trailer_size + suite.icv_size();
}

std::size_t padding_size(const crypto::CipherSuite& suite, std::size_t inner_size) {
    const std::size_t unit = alignment(suite);
    return (unit - (inner_size + trailer_size) % unit) % unit;
}

std::size_t packet_size(const crypto::CipherSuite& suite, std::size_t inner_size) {
    return head_size(suite) + inner_size + padding_size(suite, inner_size) + trailer_size +
           suite.icv_size();
}

std::size_t inner_mtu(const crypto::CipherSuite& suite, const Outer& outer, std::size_t outer_mtu) {
    const std::size_t fixed = (outer.family == Family::ipv4 ? ipv4_header : ipv6_header) +
                              (outer.udp_encapsulated ? udp_header : 0) + head_size(suite) +
                              suite.icv_size();
    if (outer_mtu < fixed) {
        return 0;
    }
    const std::size_t encrypted = (outer_mtu - fixed) / alignment(suite) * alignment(suite);
    return encrypted < trailer_size ? 0 : encrypted - trailer_size;
}

}  // namespace ike::esp
