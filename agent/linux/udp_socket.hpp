// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "ike/base/path.hpp"
#include "ike/base/result.hpp"
#include "netwatch/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

namespace agent {

/// A datagram to send, and the header it is to have.
struct Outgoing {
    ike::Path path;  // leaves by this interface, from this address of ours
    ike::ByteView bytes;
    std::uint8_t traffic_class = 0;  // DSCP and ECN
    bool dont_fragment = false;      // IPv4: routers must not; see send()
};

/// A datagram that came in; its bytes lie in the ReceiveBatch and may be changed.
struct Incoming {
    ike::Path path;  // our endpoint is `local`, the sender `remote`
    std::span<std::uint8_t> bytes;
    std::uint8_t traffic_class = 0;
};

class ReceiveBatch;

/// A UDP socket of one family that knows by which path each datagram came and sends each by the
/// path it is told, whatever the routing table prefers. Bears outer_mark. Never blocks.
class UdpSocket {
  public:
    /// As many datagrams as one system call carries.
    static constexpr std::size_t batch_size = 32;

    /// `port` 0 takes any. The error's code is that of the system call that failed.
    static ike::Result<std::unique_ptr<UdpSocket>, SystemError> open(ike::Family family,
                                                                     std::uint16_t port);

    /// A second IPv6 socket with the port of the first. Routed by its source address, an IPv6
    /// datagram leaves by whatever interface has the best route; only a socket bound to an
    /// interface keeps to it. This one is bound to that of each path it sends by, so it also
    /// receives what comes in there: read both.
    static ike::Result<std::unique_ptr<UdpSocket>, SystemError> open_sender(const UdpSocket& first);

    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] ike::Family family() const { return family_; }
    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// Kernel memory for bursts, in bytes.
    void set_buffers(int size);

    /// Sends what can be sent now and gives the number of datagrams that could not: no route, no
    /// such address any more, no room. These are lost, as UDP loses datagrams. From any thread.
    std::size_t send(std::span<const Outgoing> datagrams);

    /// Takes up to batch_size waiting datagrams. One thread at a time.
    std::span<const Incoming> receive(ReceiveBatch& batch);

  private:
    UdpSocket(netwatch::Fd fd, ike::Family family, std::uint16_t port)
        : fd_(std::move(fd)), family_(family), port_(port) {}

    void set_dont_fragment(bool dont_fragment);
    void bind_to(ike::InterfaceIndex interface);
    std::size_t send_batch(std::span<const Outgoing> datagrams);

    netwatch::Fd fd_;
    ike::Family family_;
    std::uint16_t port_;
    bool follows_interface_ = false;
    std::mutex sending_;  // guards what follows: options, and the datagrams they are for
    bool dont_fragment_ = false;
    ike::InterfaceIndex interface_;
};

/// The memory that datagrams are received into, used again and again. Room for the largest UDP
/// datagrams; only what was ever written to takes real memory.
class ReceiveBatch {
  public:
    ReceiveBatch();
    ReceiveBatch(const ReceiveBatch&) = delete;
    ReceiveBatch& operator=(const ReceiveBatch&) = delete;
    ~ReceiveBatch();

  private:
    friend class UdpSocket;
    struct Slots;
    std::unique_ptr<Slots> slots_;
};

}  // namespace agent
