// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/channel.hpp"

#include <linux/netlink.h>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

namespace agent::xfrm {

using ike::Fail;
using ike::Result;

namespace {

constexpr std::size_t datagram_size = 64U << 10U;           // a dump's are 32 KiB at most
constexpr int kernel_memory = 1 << 20;                      // for bursts of events, and dumps
constexpr timeval answer_limit{.tv_sec = 5, .tv_usec = 0};  // the kernel answers at once, or never

template <class T>
bool set(int fd, int level, int option, const T& value) {
    return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/// Of the kernel as a receiver, of any port as one's own.
sockaddr_nl address() {
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    return address;
}

bool set_options(int fd) {
    // Beyond the system's limit with CAP_NET_ADMIN, without which there is no XFRM anyway.
    (void)set(fd, SOL_SOCKET, SO_RCVBUFFORCE, kernel_memory);
    // Refusals come with the kernel's own words, and do not repeat the request and its keys.
    return set(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1) && set(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1) &&
           set(fd, SOL_SOCKET, SO_RCVTIMEO, answer_limit);
}

/// The port id that the kernel gives the socket, without which it gets no events.
std::optional<std::uint32_t> bind_to_own_port(int fd) {
    sockaddr_nl own = address();
    auto* const generic = reinterpret_cast<sockaddr*>(&own);
    socklen_t size = sizeof own;
    if (::bind(fd, generic, size) != 0 || ::getsockname(fd, generic, &size) != 0) {
        return std::nullopt;
    }
    return own.nl_pid;
}

template <class Call>
ssize_t unless_interrupted(Call call) {
    ssize_t result = 0;
    do {
        result = call();
    } while (result < 0 && errno == EINTR);
    return result;
}

bool from_kernel(const sockaddr_nl& sender) {
    return sender.nl_pid == 0;
}

}  // namespace

Channel::Channel(netwatch::Fd fd, std::uint32_t port)
    : fd_(std::move(fd)), port_(port), buffer_(datagram_size) {}

Result<Channel, SystemError> Channel::open(Kind kind) {
    const int flags = kind == Kind::nonblocking ? SOCK_NONBLOCK : 0;
    netwatch::Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_XFRM));
    if (!fd && errno == EPROTONOSUPPORT) {
        return Fail{last_error("open a netlink socket of IPsec",
                               "this kernel has no XFRM: load the kernel module xfrm_user")};
    }
    const auto port = fd && set_options(fd.get()) ? bind_to_own_port(fd.get()) : std::nullopt;
    if (!port) {
        return Fail{last_error("open a netlink socket of IPsec")};
    }
    return Channel(std::move(fd), *port);
}

Result<void, SystemError> Channel::join(unsigned group) {
    return set_membership(NETLINK_ADD_MEMBERSHIP, group);
}

Result<void, SystemError> Channel::leave(unsigned group) {
    return set_membership(NETLINK_DROP_MEMBERSHIP, group);
}

Result<void, SystemError> Channel::filter(std::span<sock_filter> program) {
    const sock_fprog value{static_cast<unsigned short>(program.size()), program.data()};
    if (::setsockopt(fd_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &value, sizeof value) != 0) {
        return Fail{last_error("choose among the events of IPsec", {})};
    }
    return {};
}

Result<void, SystemError> Channel::set_membership(int option, unsigned group) {
    if (!set(fd_.get(), SOL_NETLINK, option, group)) {
        return Fail{last_error("subscribe to events of IPsec",
                               "run roamd as root, or give it CAP_NET_ADMIN")};
    }
    return {};
}

int Channel::send(std::span<const Message> messages, std::uint32_t first_sequence) {
    std::vector<nlmsghdr> headers(messages.size());
    std::vector<iovec> parts;
    for (std::size_t index = 0; index < messages.size(); ++index) {
        const ike::ByteView bytes = messages[index].bytes.view();
        std::memcpy(&headers[index], bytes.data(), sizeof(nlmsghdr));
        headers[index].nlmsg_pid = port_;
        headers[index].nlmsg_seq = first_sequence + static_cast<std::uint32_t>(index);
        const ike::ByteView rest = bytes.subspan(sizeof(nlmsghdr));
        parts.push_back({&headers[index], sizeof(nlmsghdr)});
        // sendmsg does not write to what it sends.
        parts.push_back({const_cast<std::uint8_t*>(rest.data()), rest.size()});
    }
    sockaddr_nl kernel = address();
    msghdr datagram{};
    datagram.msg_name = &kernel;
    datagram.msg_namelen = sizeof kernel;
    datagram.msg_iov = parts.data();
    datagram.msg_iovlen = parts.size();
    return unless_interrupted([&] { return ::sendmsg(fd_.get(), &datagram, 0); }) < 0 ? errno : 0;
}

int Channel::receive(const netwatch::MessageSink& sink) {
    sockaddr_nl sender{};
    iovec part{buffer_.bytes().data(), buffer_.size()};
    msghdr datagram{};
    datagram.msg_name = &sender;
    datagram.msg_namelen = sizeof sender;
    datagram.msg_iov = &part;
    datagram.msg_iovlen = 1;
    const ssize_t size = unless_interrupted([&] { return ::recvmsg(fd_.get(), &datagram, 0); });
    if (size < 0) {
        return errno;
    }
    const auto received = buffer_.bytes().first(static_cast<std::size_t>(size));
    const bool whole = (datagram.msg_flags & MSG_TRUNC) == 0;
    if (whole && from_kernel(sender)) {
        netwatch::for_each_message(received, sink);
    }
    ike::crypto::cleanse(received);
    return whole ? 0 : ENOBUFS;
}

}  // namespace agent::xfrm
