// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/suite.hpp"
#include "ike/esp/overhead.hpp"

#include <cstdint>

namespace agent {

/// The MTU of the tunnel's device, so that no ESP packet is larger than the uplink's MTU.
/// Never below 1280, without which there is no IPv6 inside (RFC 8200 5): over an uplink too small
/// for that, the outer packets are fragmented.
std::uint32_t tunnel_mtu(const ike::crypto::CipherSuite& suite, const ike::esp::Outer& outer,
                         std::uint32_t uplink_mtu);

}  // namespace agent
