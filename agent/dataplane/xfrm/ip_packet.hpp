// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/ip.hpp"
#include "ike/base/path.hpp"

#include <cstdint>
#include <optional>

namespace agent::xfrm {

/// An IP packet, taken apart: views into the bytes, which must outlive them.
struct IpPacket {
    ike::IpAddress from;
    ike::IpAddress to;
    std::uint8_t protocol = 0;
    ike::ByteView header;  // with options
    ike::ByteView payload;
    std::uint8_t traffic_class = 0;  // DSCP and ECN
    bool fragment = false;

    /// None: the bytes are no IP packet, or not all of one.
    static std::optional<IpPacket> read(ike::ByteView packet);
};

/// Whether it is ESP, bare or in UDP, and not IKE (RFC 3948 2.2, 2.3). A fragment does not tell,
/// and counts as ESP.
bool carries_esp(const IpPacket& packet);

/// ESP of this path, put into UDP or taken out of it (RFC 3948 2.1). None: it has that form
/// already, or is no ESP, or a fragment. The checksum of an IPv4 header is left to the sender.
std::optional<ike::Bytes> reencapsulated(const IpPacket& packet, const ike::Path& path, bool udp);

/// A whole IP packet with this ESP as it comes in by the path, from its remote end, in UDP or bare.
ike::Bytes incoming_esp(const ike::Path& path, bool udp, std::uint8_t traffic_class,
                        ike::ByteView esp);

}  // namespace agent::xfrm
