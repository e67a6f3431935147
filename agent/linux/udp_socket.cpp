// SPDX-License-Identifier: Apache-2.0
#include "agent/linux/udp_socket.hpp"

#include "agent/linux/control_message.hpp"
#include "agent/linux/socket_mark.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string>

namespace agent {

namespace {

// The largest payload a UDP datagram can have, and so the largest that is ever received.
constexpr std::size_t max_datagram = 65535;

template <class T>
bool set(int fd, int level, int option, const T& value) {
    return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

bool set_options(int fd, ike::Family family) {
    if (family == ike::Family::ipv4) {
        return set(fd, IPPROTO_IP, IP_PKTINFO, 1) && set(fd, IPPROTO_IP, IP_RECVTOS, 1) &&
               set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
    }
    return set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) && set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) &&
           set(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1) &&
           set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_WANT);
}

bool bind_port(int fd, ike::Family family, std::uint16_t port) {
    sockaddr_storage address{};
    const socklen_t size = write_address(address, {ike::IpAddress::any(family), port}, {});
    return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0;
}

std::string text(ike::Family family) {
    return family == ike::Family::ipv4 ? "IPv4" : "IPv6";
}

ike::Result<netwatch::Fd, SystemError> open_marked(ike::Family family) {
    const int domain = family == ike::Family::ipv4 ? AF_INET : AF_INET6;
    netwatch::Fd fd(::socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd || !set_options(fd.get(), family)) {
        return ike::Fail{last_error("open an " + text(family) + " UDP socket")};
    }
    if (!set(fd.get(), SOL_SOCKET, SO_MARK, outer_mark)) {
        return ike::Fail{last_error("mark an " + text(family) + " UDP socket",
                                    "run roamd as root, or give it CAP_NET_ADMIN")};
    }
    return fd;
}

std::uint16_t bound_port(int fd) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    return read_address(address).port;
}

}  // namespace

ike::Result<std::unique_ptr<UdpSocket>, SystemError> UdpSocket::open(ike::Family family,
                                                                     std::uint16_t port) {
    auto fd = open_marked(family);
    if (!fd) {
        return ike::Fail{fd.error()};
    }
    if (!bind_port(fd->get(), family, port)) {
        return ike::Fail{
            last_error("bind an " + text(family) + " UDP socket to port " + std::to_string(port))};
    }
    const std::uint16_t bound = bound_port(fd->get());
    return std::unique_ptr<UdpSocket>(new UdpSocket(std::move(*fd), family, bound));
}

ike::Result<std::unique_ptr<UdpSocket>, SystemError> UdpSocket::open_sender(
    const UdpSocket& first) {
    auto fd = open_marked(first.family());
    if (!fd) {
        return ike::Fail{fd.error()};
    }
    // The port is shared for this moment only: nobody else gets in.
    const auto share = [&](int yes) {
        return set(first.fd(), SOL_SOCKET, SO_REUSEPORT, yes) &&
               set(fd->get(), SOL_SOCKET, SO_REUSEPORT, yes);
    };
    if (!share(1) || !bind_port(fd->get(), first.family(), first.port()) || !share(0)) {
        return ike::Fail{
            last_error("open a second UDP socket for port " + std::to_string(first.port()))};
    }
    auto socket =
        std::unique_ptr<UdpSocket>(new UdpSocket(std::move(*fd), first.family(), first.port()));
    socket->follows_interface_ = true;
    return socket;
}

void UdpSocket::set_buffers(int size) {
    for (const auto& [force, plain] :
         {std::pair{SO_RCVBUFFORCE, SO_RCVBUF}, std::pair{SO_SNDBUFFORCE, SO_SNDBUF}}) {
        // Without CAP_NET_ADMIN the system's limit counts.
        if (!set(fd_.get(), SOL_SOCKET, force, size)) {
            set(fd_.get(), SOL_SOCKET, plain, size);
        }
    }
}

std::size_t UdpSocket::send(std::span<const Outgoing> datagrams) {
    const std::lock_guard lock(sending_);
    std::size_t lost = 0;
    while (!datagrams.empty()) {
        const Outgoing& first = datagrams.front();
        const auto alike = std::ranges::find_if(datagrams, [&](const Outgoing& datagram) {
            return datagram.dont_fragment != first.dont_fragment ||
                   datagram.path.interface != first.path.interface;
        });
        const auto count =
            std::min(static_cast<std::size_t>(alike - datagrams.begin()), batch_size);
        set_dont_fragment(first.dont_fragment);
        bind_to(first.path.interface);
        lost += send_batch(datagrams.first(count));
        datagrams = datagrams.subspan(count);
    }
    return lost;
}

/// RFC 4301 8.1: DF of the outer header follows that of the inner. IP_PMTUDISC_WANT sets it while a
/// packet fits the path MTU the kernel has learned, and fragments what does not. DO would refuse
/// such packets for ten minutes because of one ICMP error, true or forged; PROBE would send them
/// into a hole. So with WANT no unauthenticated ICMP error stops the tunnel; it costs speed at
/// most.
void UdpSocket::set_dont_fragment(bool dont_fragment) {
    if (family_ == ike::Family::ipv4 && dont_fragment != dont_fragment_) {
        set(fd_.get(), IPPROTO_IP, IP_MTU_DISCOVER,
            dont_fragment ? IP_PMTUDISC_WANT : IP_PMTUDISC_DONT);
        dont_fragment_ = dont_fragment;
    }
}

void UdpSocket::bind_to(ike::InterfaceIndex interface) {
    if (follows_interface_ && interface != interface_ &&
        set(fd_.get(), SOL_SOCKET, SO_BINDTOIFINDEX, interface.value)) {
        interface_ = interface;
    }
}

std::size_t UdpSocket::send_batch(std::span<const Outgoing> datagrams) {
    std::array<mmsghdr, batch_size> messages{};
    std::array<iovec, batch_size> parts{};
    std::array<sockaddr_storage, batch_size> remotes;
    std::array<ControlBuffer, batch_size> controls;
    for (std::size_t index = 0; index < datagrams.size(); ++index) {
        const Outgoing& datagram = datagrams[index];
        msghdr& message = messages[index].msg_hdr;
        // sendmsg does not write to what it sends.
        parts[index] = {const_cast<std::uint8_t*>(datagram.bytes.data()), datagram.bytes.size()};
        message.msg_iov = &parts[index];
        message.msg_iovlen = 1;
        message.msg_name = &remotes[index];
        message.msg_namelen =
            write_address(remotes[index], datagram.path.remote, datagram.path.interface);
        write_control(message, controls[index], datagram.path, datagram.traffic_class);
    }
    std::size_t lost = 0;
    for (std::size_t done = 0; done < datagrams.size();) {
        const int sent = ::sendmmsg(fd_.get(), &messages[done],
                                    static_cast<unsigned>(datagrams.size() - done), MSG_NOSIGNAL);
        if (sent > 0) {
            done += static_cast<std::size_t>(sent);
        } else if (errno != EINTR) {
            ++lost;  // the first of those left; the others may go another way
            ++done;
        }
    }
    return lost;
}

struct ReceiveBatch::Slots {
    std::unique_ptr<std::uint8_t[]> memory =
        std::make_unique_for_overwrite<std::uint8_t[]>(UdpSocket::batch_size * max_datagram);
    std::array<mmsghdr, UdpSocket::batch_size> messages{};
    std::array<iovec, UdpSocket::batch_size> parts{};
    std::array<sockaddr_storage, UdpSocket::batch_size> remotes{};
    std::array<ControlBuffer, UdpSocket::batch_size> controls{};
    std::array<Incoming, UdpSocket::batch_size> incoming{};
};

ReceiveBatch::ReceiveBatch() : slots_(std::make_unique<Slots>()) {}
ReceiveBatch::~ReceiveBatch() = default;

std::span<const Incoming> UdpSocket::receive(ReceiveBatch& batch) {
    ReceiveBatch::Slots& slots = *batch.slots_;
    for (std::size_t index = 0; index < batch_size; ++index) {
        msghdr& message = slots.messages[index].msg_hdr;
        slots.parts[index] = {slots.memory.get() + index * max_datagram, max_datagram};
        message = {};
        message.msg_iov = &slots.parts[index];
        message.msg_iovlen = 1;
        message.msg_name = &slots.remotes[index];
        message.msg_namelen = sizeof slots.remotes[index];
        message.msg_control = slots.controls[index].bytes.data();
        message.msg_controllen = slots.controls[index].bytes.size();
    }
    const int received =
        ::recvmmsg(fd_.get(), slots.messages.data(), batch_size, MSG_DONTWAIT, nullptr);
    const auto count = static_cast<std::size_t>(std::max(received, 0));
    for (std::size_t index = 0; index < count; ++index) {
        mmsghdr& message = slots.messages[index];
        const ReceivedControl control = read_control(message.msg_hdr);
        slots.incoming[index] = {
            .path = {control.interface, {control.local, port_}, read_address(slots.remotes[index])},
            .bytes = {static_cast<std::uint8_t*>(slots.parts[index].iov_base), message.msg_len},
            .traffic_class = control.traffic_class};
    }
    return std::span(slots.incoming).first(count);
}

}  // namespace agent
