// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "ike/crypto/suite.hpp"

#include <cstddef>

namespace ike::esp {

// Sizes of RFC 4303 2, in bytes.
inline constexpr std::size_t header_size = 8;   // SPI, sequence number
inline constexpr std::size_t trailer_size = 2;  // pad length, next header

/// In front of the inner packet: header and IV.
std::size_t head_size(const crypto::CipherSuite& suite);
/// The most that stands behind the inner packet: padding, trailer and ICV.
std::size_t max_tail_size(const crypto::CipherSuite& suite);
/// RFC 4303 2.4: the padding that lets the ICV start on a 4-byte boundary and fills a block.
std::size_t padding_size(const crypto::CipherSuite& suite, std::size_t inner_size);
/// The whole ESP packet, without UDP or outer IP header.
std::size_t packet_size(const crypto::CipherSuite& suite, std::size_t inner_size);

/// How ESP packets travel.
struct Outer {
    Family family = Family::ipv4;
    bool udp_encapsulated = true;  // RFC 3948
};

/// The largest inner packet whose outer packet is no larger than `outer_mtu`; 0 if there is none.
std::size_t inner_mtu(const crypto::CipherSuite& suite, const Outer& outer, std::size_t outer_mtu);

}  // namespace ike::esp
