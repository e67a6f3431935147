// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/linux/udp_socket.hpp"
#include "ike/base/log.hpp"
#include "ike/session/values/config.hpp"

#include <functional>
#include <span>
#include <vector>

namespace agent {

/// The kinds of datagrams on the NAT-T port (RFC 3948 2).
enum class NatTContent : std::uint8_t {
    esp,
    ike,            // behind the non-ESP marker
    nat_keepalive,  // one byte, 0xff
    unknown,        // too short for any kind
};
NatTContent nat_t_content(ike::ByteView datagram);
/// Four zero bytes, where ESP has its SPI (RFC 3948 2.2).
inline constexpr std::size_t non_esp_marker_size = 4;

/// The UDP sockets of one tunnel: one for IKE, and one for IKE and ESP (NAT-T), each in IPv4, and
/// in IPv6 where the kernel has it. Both families use the same port numbers.
class IkeSockets {
  public:
    /// Ports that others have, or that we may not bind, are replaced by free ones, with a warning.
    static ike::Result<IkeSockets, SystemError> open(ike::session::LocalPorts wanted,
                                                     ike::Log& log);

    using Receive = std::function<void(ike::ByteView datagram, const ike::Path& path)>;

    [[nodiscard]] ike::session::LocalPorts ports() const;
    /// The sockets to wait on for receive_ike(). The NAT-T sockets are read by the data plane.
    [[nodiscard]] std::span<const std::unique_ptr<UdpSocket>> ike_sockets() const { return ike_; }
    [[nodiscard]] std::span<const std::unique_ptr<UdpSocket>> nat_t_sockets() const {
        return nat_t_;
    }

    /// Sends an IKE message or a NAT-keepalive by path, from the socket that has path.local.port;
    /// puts the non-ESP marker before a message from the NAT-T port. False: it was not sent.
    bool send_ike(const ike::Path& path, ike::ByteView datagram);

    /// Sends ESP packets, all of one path, from the NAT-T socket of its family. Gives the number
    /// that could not be sent. From any thread.
    std::size_t send_esp(std::span<const Outgoing> packets);

    /// Hands over messages that wait on the sockets for IKE, at most batch_size of each, so that a
    /// flood does not hold the caller: call again while a socket is readable.
    void receive_ike(const Receive& receive);
    /// Likewise for the NAT-T sockets, when the kernel takes ESP off them.
    void receive_nat_t_ike(const Receive& receive);

  private:
    using Sockets = std::vector<std::unique_ptr<UdpSocket>>;  // a family's last one sends

    IkeSockets(Sockets ike, Sockets nat_t);

    Sockets ike_;
    Sockets nat_t_;
    std::unique_ptr<ReceiveBatch> batch_;
};

}  // namespace agent
