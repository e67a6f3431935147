// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "netwatch/fd.hpp"

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

namespace agent::test {

/// A UDP packet that a process of this host sends.
struct Packet {
    const char* to;
    std::string by = {};  // the device that its socket is bound to, if any
    std::uint16_t port = 9;
    std::uint32_t mark = 0;
    std::uint16_t from_port = 0;
    const char* from = nullptr;
};

inline socklen_t fill(sockaddr_storage& storage, const ike::IpAddress& address,
                      std::uint16_t port) {
    if (address.is_ipv4()) {
        auto& ip = reinterpret_cast<sockaddr_in&>(storage);
        ip.sin_family = AF_INET;
        ip.sin_port = htons(port);
        std::ranges::copy(address.bytes(), reinterpret_cast<std::uint8_t*>(&ip.sin_addr));
        return sizeof ip;
    }
    auto& ip = reinterpret_cast<sockaddr_in6&>(storage);
    ip.sin6_family = AF_INET6;
    ip.sin6_port = htons(port);
    std::ranges::copy(address.bytes(), reinterpret_cast<std::uint8_t*>(&ip.sin6_addr));
    return sizeof ip;
}

/// Whether the packet filter let it go: one that it drops is refused to the sender.
inline bool sent(const Packet& packet) {
    const auto destination = *ike::IpAddress::parse(packet.to);
    const netwatch::Fd fd(
        ::socket(destination.is_ipv4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == 0);
    REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_MARK, &packet.mark, sizeof packet.mark) == 0);
    REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, packet.by.data(),
                         static_cast<socklen_t>(packet.by.size())) == 0);
    sockaddr_storage address{};
    if (packet.from_port != 0 || packet.from != nullptr) {
        const auto source = packet.from != nullptr ? *ike::IpAddress::parse(packet.from)
                                                   : ike::IpAddress::any(destination.family());
        const auto size = fill(address, source, packet.from_port);
        REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    }
    const auto size = fill(address, destination, packet.port);
    const auto done =
        ::sendto(fd.get(), "x", 1, 0, reinterpret_cast<const sockaddr*>(&address), size);
    const int error = errno;
    CAPTURE(packet.to);
    CAPTURE(packet.by);
    CAPTURE(error);
    REQUIRE((done == 1 || error == EPERM));
    return done == 1;
}

}  // namespace agent::test
