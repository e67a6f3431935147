// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "agent/linux/udp_socket.hpp"

namespace agent::xfrm {

/// IPsec policies do not apply to packets that this socket sends and receives: IKE goes beside ESP.
ike::Result<void, SystemError> bypass_policies(int socket, ike::Family family);

/// The kernel takes ESP in UDP off this socket and decrypts it (RFC 3948). Datagrams with the
/// non-ESP marker come to the reader.
ike::Result<void, SystemError> decapsulate_esp(const UdpSocket& socket);

}  // namespace agent::xfrm
