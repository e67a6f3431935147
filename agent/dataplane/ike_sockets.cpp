// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/ike_sockets.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace agent {

namespace {

using Sockets = std::vector<std::unique_ptr<UdpSocket>>;

constexpr std::uint8_t keepalive_byte = 0xff;  // RFC 3948 2.3

// A path of 1 Gbit/s delivers so much in 30 ms, for which the data plane's thread may be kept
// waiting.
constexpr int nat_t_buffer = 4 << 20;

/// The sockets of both families, all with this port; 0: with one free port.
ike::Result<Sockets, SystemError> open_all(std::uint16_t port) {
    Sockets sockets;
    auto ipv4 = UdpSocket::open(ike::Family::ipv4, port);
    if (!ipv4) {
        return ike::Fail{ipv4.error()};
    }
    sockets.push_back(std::move(*ipv4));
    auto ipv6 = UdpSocket::open(ike::Family::ipv6, sockets.front()->port());
    if (!ipv6) {
        return ipv6.error().code == EAFNOSUPPORT
                   ? ike::Result<Sockets, SystemError>(std::move(sockets))
                   : ike::Fail{ipv6.error()};
    }
    auto sender = UdpSocket::open_sender(**ipv6);
    if (!sender) {
        return ike::Fail{sender.error()};
    }
    sockets.push_back(std::move(*ipv6));
    sockets.push_back(std::move(*sender));
    return sockets;
}

ike::Result<Sockets, SystemError> open_or_replace(std::uint16_t port, ike::Log& log) {
    auto sockets = open_all(port);
    const auto unavailable = [&] {
        return !sockets && (sockets.error().code == EADDRINUSE || sockets.error().code == EACCES);
    };
    const bool replace = unavailable();
    // A port that is free in one family may be taken in the other: try a few.
    for (int tries = 0; tries < 8 && unavailable(); ++tries) {
        sockets = open_all(0);
    }
    if (replace && sockets) {
        log.warning(
            "port in use, taking another one",
            {{"wanted", std::to_string(port)}, {"port", std::to_string((*sockets)[0]->port())}});
    }
    return sockets;
}

/// The one that sends: the last of its family.
UdpSocket* sender_of(const Sockets& sockets, ike::Family family) {
    const auto found = std::find_if(sockets.rbegin(), sockets.rend(), [family](const auto& socket) {
        return socket->family() == family;
    });
    return found == sockets.rend() ? nullptr : found->get();
}

bool is_keepalive(ike::ByteView datagram) {
    return datagram.size() == 1 && datagram[0] == keepalive_byte;
}

}  // namespace

NatTContent nat_t_content(ike::ByteView datagram) {
    if (is_keepalive(datagram)) {
        return NatTContent::nat_keepalive;
    }
    if (datagram.size() < non_esp_marker_size) {
        return NatTContent::unknown;
    }
    const bool marked = std::ranges::all_of(datagram.first(non_esp_marker_size),
                                            [](std::uint8_t byte) { return byte == 0; });
    return marked ? NatTContent::ike : NatTContent::esp;
}

ike::Result<IkeSockets, SystemError> IkeSockets::open(ike::session::LocalPorts wanted,
                                                      ike::Log& log) {
    auto ike = open_or_replace(wanted.ike, log);
    if (!ike) {
        return ike::Fail{ike.error()};
    }
    auto nat_t = open_or_replace(wanted.nat_t, log);
    if (!nat_t) {
        return ike::Fail{nat_t.error()};
    }
    for (const auto& socket : *nat_t) {
        socket->set_buffers(nat_t_buffer);
    }
    return IkeSockets(std::move(*ike), std::move(*nat_t));
}

IkeSockets::IkeSockets(Sockets ike, Sockets nat_t)
    : ike_(std::move(ike)), nat_t_(std::move(nat_t)), batch_(std::make_unique<ReceiveBatch>()) {}

ike::session::LocalPorts IkeSockets::ports() const {
    return {.ike = ike_.front()->port(), .nat_t = nat_t_.front()->port()};
}

bool IkeSockets::send_ike(const ike::Path& path, ike::ByteView datagram) {
    const bool nat_t = path.local.port == ports().nat_t;
    UdpSocket* const socket = sender_of(nat_t ? nat_t_ : ike_, path.local.address.family());
    if (socket == nullptr || socket->port() != path.local.port) {
        return false;
    }
    const bool marked = nat_t && !is_keepalive(datagram);
    ike::Bytes bytes(marked ? non_esp_marker_size : 0);
    bytes.insert(bytes.end(), datagram.begin(), datagram.end());
    return socket->send(std::array{Outgoing{.path = path, .bytes = bytes}}) == 0;
}

std::size_t IkeSockets::send_esp(std::span<const Outgoing> packets) {
    if (packets.empty()) {
        return 0;
    }
    UdpSocket* const socket = sender_of(nat_t_, packets.front().path.local.address.family());
    return socket == nullptr ? packets.size() : socket->send(packets);
}

void IkeSockets::receive_nat_t_ike(const Receive& receive) {
    for (const auto& socket : nat_t_) {
        for (const Incoming& datagram : socket->receive(*batch_)) {
            if (nat_t_content(datagram.bytes) == NatTContent::ike) {
                receive(datagram.bytes.subspan(non_esp_marker_size), datagram.path);
            }
        }
    }
}

void IkeSockets::receive_ike(const Receive& receive) {
    for (const auto& socket : ike_) {
        for (const Incoming& datagram : socket->receive(*batch_)) {
            receive(datagram.bytes, datagram.path);
        }
    }
}

}  // namespace agent
