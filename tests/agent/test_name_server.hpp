// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dns/dns_message.hpp"
#include "agent/linux/control_message.hpp"
#include "tests/agent/two_hosts.hpp"

#include <sys/socket.h>

#include <vector>

namespace agent::test {

/// A name server on a host: takes one question at a time, and answers as it is told.
class TestNameServer {
  public:
    static inline const ike::IpAddress address = TwoHosts::server(ike::Family::ipv6);

    explicit TestNameServer(const Host& host) {
        host.enter();
        socket_ = netwatch::Fd(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        sockaddr_storage here{};
        const socklen_t size = write_address(here, {address, dns_port}, {});
        REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&here), size) == 0);
    }

    /// Whether a question has come by now; the next is answered.
    bool asked() {
        ike::Bytes datagram(512);
        socklen_t size = sizeof from_;
        const ssize_t received =
            ::recvfrom(socket_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT,
                       reinterpret_cast<sockaddr*>(&from_), &size);
        if (received > 0) {
            datagram.resize(static_cast<std::size_t>(received));
            question_ = datagram;
        }
        return received > 0;
    }
    void answer(const std::vector<ike::IpAddress>& addresses, std::uint8_t code = 0) const {
        ike::Bytes reply = question_;
        reply[2] = 0x81;
        reply[3] = code;
        reply[7] = static_cast<std::uint8_t>(addresses.size());
        ike::Writer records;
        for (const ike::IpAddress& each : addresses) {
            records.u16(0xc00c).u16(28).u16(1).u32(60).u16(16).put(each.bytes());
        }
        const auto view = records.view();
        reply.insert(reply.end(), view.begin(), view.end());
        CHECK(::sendto(socket_.get(), reply.data(), reply.size(), 0,
                       reinterpret_cast<const sockaddr*>(&from_), sizeof from_) > 0);
    }

  private:
    netwatch::Fd socket_;
    ike::Bytes question_;
    sockaddr_in6 from_{};
};

}  // namespace agent::test
