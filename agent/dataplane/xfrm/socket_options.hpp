// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "agent/linux/udp_socket.hpp"

namespace agent::xfrm {

/// What is sent and received by this socket is past all IPsec policies: IKE goes in clear of ESP.
ike::Result<void, SystemError> bypass_policies(int socket, ike::Family family);

/// The kernel takes ESP in UDP off this socket and decrypts it (RFC 3948); what bears the non-ESP
/// marker comes to the reader.
ike::Result<void, SystemError> decapsulate_esp(const UdpSocket& socket);

}  // namespace agent::xfrm
