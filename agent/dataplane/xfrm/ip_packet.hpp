// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/ip.hpp"
#include "ike/base/path.hpp"

#include <cstdint>
#include <optional>

namespace agent::xfrm {

/// An IP packet, taken apart: views into what was read, that must outlive them.
struct IpPacket {
    ike::IpAddress from;
    ike::IpAddress to;
    std::uint8_t protocol = 0;
    ike::ByteView header;  // with options
    ike::ByteView payload;
    std::uint8_t traffic_class = 0;  // DSCP and ECN
    bool fragment = false;

    /// Nothing for what is no IP packet, or cut.
    static std::optional<IpPacket> read(ike::ByteView packet);
};

/// ESP, bare or in UDP, not IKE beside it (RFC 3948 2.2, 2.3). Of a fragment nobody can say: it is.
bool carries_esp(const IpPacket& packet);

/// ESP of this path, in UDP or bare, as it is to be from now on (RFC 3948 2.1). Nothing: it is that
/// already, or no ESP, or a fragment. IPv4 leaves its header's checksum to who sends it.
std::optional<ike::Bytes> reencapsulated(const IpPacket& packet, const ike::Path& path, bool udp);

/// A whole IP packet with this ESP as it comes in by the path, from its remote end, in UDP or bare.
ike::Bytes incoming_esp(const ike::Path& path, bool udp, std::uint8_t traffic_class,
                        ike::ByteView esp);

}  // namespace agent::xfrm
