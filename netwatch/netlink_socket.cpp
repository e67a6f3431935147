// SPDX-License-Identifier: Apache-2.0
#include "netwatch/netlink_socket.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace netwatch {

using ike::Fail;
using ike::Result;

namespace {

constexpr std::size_t datagram_size = 64U << 10U;           // a dump's are 32 KiB at most
constexpr timeval answer_limit{.tv_sec = 5, .tv_usec = 0};  // the kernel answers at once, or never

struct FreeMessage {
    void operator()(nl_msg* message) const { ::nlmsg_free(message); }
};
struct FreeBuffer {
    void operator()(unsigned char* buffer) const { std::free(buffer); }
};
using Buffer = std::unique_ptr<unsigned char, FreeBuffer>;

NetlinkError library_error(const char* what, int code) {
    return {std::string(what) + ": " + ::nl_geterror(code)};
}
NetlinkError system_error(const char* what, int number) {
    return {std::string(what) + ": " + std::strerror(number)};
}

struct Datagram {
    Buffer buffer;
    int size = 0;  // or libnl's error, negative

    [[nodiscard]] ike::ByteView bytes() const {
        return {buffer.get(), static_cast<std::size_t>(size)};
    }
};

Datagram take_datagram(nl_sock* socket) {
    sockaddr_nl sender{};
    unsigned char* bytes = nullptr;
    const int size = ::nl_recv(socket, &sender, &bytes, nullptr);
    if (size <= 0) {
        return {nullptr, size};
    }
    Buffer buffer(bytes);
    // Only the kernel speaks with the port id 0; whatever another process sends us is not heard.
    return {std::move(buffer), sender.nl_pid == 0 ? size : 0};
}

std::unique_ptr<nl_msg, FreeMessage> dump_message(const DumpRequest& request) {
    std::unique_ptr<nl_msg, FreeMessage> message(
        ::nlmsg_alloc_simple(request.type, NLM_F_REQUEST | NLM_F_DUMP));
    if (request.type == RTM_GETLINK) {
        ifinfomsg header{};
        ::nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
        ::nla_put_u32(message.get(), IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    } else if (request.type == RTM_GETADDR) {
        ifaddrmsg header{};
        header.ifa_family = request.family;
        ::nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    } else {
        rtmsg header{};
        header.rtm_family = request.family;
        ::nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
        ::nla_put_u32(message.get(), RTA_TABLE, request.table);
    }
    return message;
}

/// The errno in the message that ends an answer: 0, or why it failed; none if it is no end.
std::optional<int> end_of_answer(const nlmsghdr& message) {
    if (message.nlmsg_type != NLMSG_DONE && message.nlmsg_type != NLMSG_ERROR) {
        return std::nullopt;
    }
    int error = 0;  // also the first field of nlmsgerr
    if (message.nlmsg_len >= NLMSG_LENGTH(sizeof error)) {
        std::memcpy(&error, ::nlmsg_data(&message), sizeof error);
    }
    return -error;
}

/// A table that nobody has put a route into, or a family that this kernel lacks: an empty list.
bool means_empty(int error) {
    return error == ENOENT || error == EOPNOTSUPP || error == EAFNOSUPPORT;
}

}  // namespace

void NetlinkSocket::Free::operator()(nl_sock* socket) const {
    ::nl_socket_free(socket);
}

Result<NetlinkSocket, NetlinkError> NetlinkSocket::connect() {
    NetlinkSocket socket{std::unique_ptr<nl_sock, Free>(::nl_socket_alloc())};
    if (socket.socket_ == nullptr) {
        return Fail{system_error("cannot make a netlink socket", ENOMEM)};
    }
    ::nl_socket_disable_auto_ack(socket.socket_.get());
    ::nl_socket_set_msg_buf_size(socket.socket_.get(), datagram_size);
    if (const int code = ::nl_connect(socket.socket_.get(), NETLINK_ROUTE); code < 0) {
        return Fail{library_error("cannot connect to rtnetlink", code)};
    }
    return socket;
}

Result<NetlinkSocket, NetlinkError> NetlinkSocket::for_requests() {
    auto socket = connect();
    if (!socket) {
        return socket;
    }
    const int strict = 1;  // Linux 4.20: dump only the table asked for; without it we sort out
    (void)::setsockopt(socket->fd(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &strict, sizeof strict);
    if (::setsockopt(socket->fd(), SOL_SOCKET, SO_RCVTIMEO, &answer_limit, sizeof answer_limit) !=
        0) {
        return Fail{system_error("cannot limit the wait for rtnetlink", errno)};
    }
    return socket;
}

Result<NetlinkSocket, NetlinkError> NetlinkSocket::for_events(std::initializer_list<int> groups,
                                                              std::size_t receive_buffer) {
    auto socket = connect();
    if (!socket) {
        return socket;
    }
    const int size = static_cast<int>(receive_buffer);
    // Beyond net.core.rmem_max with CAP_NET_ADMIN; else up to it, and a burst is dumped sooner.
    if (::setsockopt(socket->fd(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0) {
        (void)::setsockopt(socket->fd(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
    if (const int code = ::nl_socket_set_nonblocking(socket->socket_.get()); code < 0) {
        return Fail{library_error("cannot make the netlink socket nonblocking", code)};
    }
    for (const int group : groups) {
        if (const int code = ::nl_socket_add_membership(socket->socket_.get(), group); code < 0) {
            return Fail{library_error("cannot subscribe to network events", code)};
        }
    }
    return socket;
}

int NetlinkSocket::fd() const {
    return ::nl_socket_get_fd(socket_.get());
}

Result<Reception, NetlinkError> NetlinkSocket::receive(const MessageSink& sink) {
    const Datagram datagram = take_datagram(socket_.get());
    switch (-datagram.size) {
        case NLE_AGAIN:
            return Reception::nothing;
        case NLE_NOMEM:  // libnl's word for ENOBUFS
        case NLE_MSG_TRUNC:
            return Reception::lost;
        default:
            break;
    }
    if (datagram.size < 0) {
        return Fail{library_error("cannot read network events", datagram.size)};
    }
    for_each_message(datagram.bytes(), sink);
    return Reception::messages;
}

Result<DumpEnd, NetlinkError> NetlinkSocket::dump(const DumpRequest& request,
                                                  const MessageSink& sink) {
    DumpEnd end = DumpEnd::complete;
    const auto error = ask(*dump_message(request), [&](const nlmsghdr& message) {
        if ((message.nlmsg_flags & NLM_F_DUMP_INTR) != 0) {
            end = DumpEnd::interrupted;
        }
        sink(message);
    });
    if (!error) {
        return Fail{error.error()};
    }
    if (*error != 0 && !means_empty(*error)) {
        return Fail{system_error("rtnetlink refuses to list the network", *error)};
    }
    return end;
}

Result<void, NetlinkError> NetlinkSocket::await_changes() {
    // Any request for one link waits for the kernel's rtnl lock; its answer does not matter.
    const std::unique_ptr<nl_msg, FreeMessage> question(
        ::nlmsg_alloc_simple(RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK));
    ifinfomsg loopback{};
    loopback.ifi_index = 1;
    ::nlmsg_append(question.get(), &loopback, sizeof loopback, NLMSG_ALIGNTO);
    const auto error = ask(*question, [](const nlmsghdr&) {});
    if (!error) {
        return Fail{error.error()};
    }
    return {};
}

Result<int, NetlinkError> NetlinkSocket::ask(nl_msg& question, const MessageSink& sink) {
    if (const int code = ::nl_send_auto(socket_.get(), &question); code < 0) {
        return Fail{library_error("cannot ask rtnetlink", code)};
    }
    const std::uint32_t sequence = ::nlmsg_hdr(&question)->nlmsg_seq;
    std::optional<int> error;
    while (!error) {
        const Datagram datagram = take_datagram(socket_.get());
        if (datagram.size < 0) {
            return Fail{library_error("cannot read rtnetlink's answer", datagram.size)};
        }
        for_each_message(datagram.bytes(), [&](const nlmsghdr& message) {
            if (message.nlmsg_seq != sequence || error) {
                return;
            }
            error = end_of_answer(message);
            sink(message);
        });
    }
    return *error;
}

}  // namespace netwatch
