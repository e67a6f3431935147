// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/linux/udp_socket.hpp"
#include "tests/agent/two_hosts.hpp"

namespace agent::test {

/// A socket of this host.
inline std::unique_ptr<UdpSocket> open_on(const Host& host, ike::Family family,
                                          std::uint16_t port) {
    host.enter();
    auto socket = UdpSocket::open(family, port);
    REQUIRE(socket.ok());
    return std::move(*socket);
}

}  // namespace agent::test
