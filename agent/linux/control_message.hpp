// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/path.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>

namespace agent {

/// Room for what travels beside one datagram: packet information and traffic class.
struct ControlBuffer {
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(in6_pktinfo)) +
                                                  CMSG_SPACE(sizeof(int)) + 64> bytes{};
};

/// Has the datagram leave by path.interface from path.local, with this traffic class in its header
/// (ip(7), RFC 3542 6). `buffer` must outlive `message`.
void write_control(msghdr& message, ControlBuffer& buffer, const ike::Path& path,
                   std::uint8_t traffic_class);

struct ReceivedControl {
    ike::InterfaceIndex interface;
    ike::IpAddress local;  // the destination in the datagram's header
    std::uint8_t traffic_class = 0;
};
ReceivedControl read_control(msghdr& message);

/// An endpoint as the kernel has it; `interface` is the scope of a link-local address.
socklen_t write_address(sockaddr_storage& out, const ike::Endpoint& endpoint,
                        ike::InterfaceIndex interface);
ike::Endpoint read_address(const sockaddr_storage& from);

}  // namespace agent
