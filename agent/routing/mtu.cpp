// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/mtu.hpp"

#include <algorithm>

namespace agent {

namespace {

constexpr std::uint32_t ipv6_minimum = 1280;
constexpr std::uint32_t ipv4_maximum = 65535;

}  // namespace

std::uint32_t tunnel_mtu(const ike::crypto::CipherSuite& suite, const ike::esp::Outer& outer,
                         std::uint32_t uplink_mtu) {
    // No outer packet is larger than this, whatever MTU a loopback or virtual device claims.
    const std::uint32_t outer_mtu = std::min(uplink_mtu, ipv4_maximum);
    const std::size_t inner = ike::esp::inner_mtu(suite, outer, outer_mtu);
    return std::max(static_cast<std::uint32_t>(inner), ipv6_minimum);
}

}  // namespace agent
