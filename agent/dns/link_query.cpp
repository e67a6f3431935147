// SPDX-License-Identifier: Apache-2.0
#include "agent/dns/link_query.hpp"

#include "agent/linux/control_message.hpp"
#include "agent/linux/socket_mark.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

namespace agent {

using namespace std::chrono_literals;

namespace {

constexpr std::array<ike::Duration, 3> patience{1s, 2s, 2s};  // behind each time of asking
constexpr std::size_t max_datagram = 4096;

/// A socket that talks to this server by this interface, or none.
netwatch::Fd connect_by(ike::InterfaceIndex interface, const ike::IpAddress& server) {
    netwatch::Fd fd(::socket(server.is_ipv4() ? AF_INET : AF_INET6,
                             SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const auto set = [&fd](int option, std::uint32_t value) {
        return ::setsockopt(fd.get(), SOL_SOCKET, option, &value, sizeof value) == 0;
    };
    sockaddr_storage address{};
    const socklen_t size = write_address(address, {server, dns_port}, interface);
    const bool connected =
        fd && set(SO_MARK, outer_mark) && set(SO_BINDTOIFINDEX, interface.value) &&
        ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0;
    return connected ? std::move(fd) : netwatch::Fd();
}

}  // namespace

LinkQuestion::LinkQuestion(EventLoop& loop, ike::crypto::Random& random, const LinkQuery& query,
                           const std::vector<NameServer>& servers, Answer answer)
    : loop_(loop), answer_(std::move(answer)), timer_(loop.timer([this] { next_step(); })) {
    const auto id = static_cast<std::uint16_t>(random.u32());
    if (auto encoded = dns_query(id, query.name, query.type)) {
        query_ = *std::move(encoded);
        for (const NameServer& server : servers) {
            ask(server, query);
        }
    }
    timer_.set(loop.now());
}

void LinkQuestion::ask(const NameServer& server, const LinkQuery& query) {
    if (!server.is_asked_by(query.interface, query.link)) {
        return;
    }
    auto socket = connect_by(query.interface, server.address);
    if (!socket) {
        return;  // nothing leads there by this link
    }
    auto readable = loop_.watch(socket.get(), EPOLLIN,
                                [this, fd = socket.get()](std::uint32_t) { receive(fd); });
    asked_.push_back({std::move(socket), std::move(readable)});
}

void LinkQuestion::next_step() {
    if (asked_.empty() || step_ == patience.size()) {
        finish(denied_ ? std::optional(std::vector<ike::IpAddress>()) : std::nullopt);
        return;
    }
    send();
    timer_.set(loop_.now() + patience.at(step_++));
}

void LinkQuestion::send() const {
    for (const Asked& asked : asked_) {
        // A query that is lost is sent again.
        (void)!::send(asked.socket.get(), query_.data(), query_.size(), MSG_NOSIGNAL);
    }
}

void LinkQuestion::receive(int socket) {
    ike::Bytes datagram(max_datagram);
    const ssize_t size = ::recv(socket, datagram.data(), datagram.size(), 0);
    if (size < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            drop(socket);  // nobody listens there
        }
        return;
    }
    datagram.resize(static_cast<std::size_t>(size));
    auto reply = dns_reply(datagram, query_);
    if (!reply) {
        return;  // somebody else's, or a server that could not: another may
    }
    if (!reply->addresses.empty()) {
        finish(std::move(reply->addresses));
        return;
    }
    denied_ = true;
    drop(socket);
}

void LinkQuestion::drop(int socket) {
    std::erase_if(asked_, [&](const Asked& asked) { return asked.socket.get() == socket; });
    if (asked_.empty()) {
        timer_.set(loop_.now());
    }
}

void LinkQuestion::finish(std::optional<std::vector<ike::IpAddress>> addresses) {
    asked_.clear();
    timer_.clear();
    const Answer answer = std::exchange(answer_, nullptr);
    answer(std::move(addresses));  // which may destroy this
}

}  // namespace agent
