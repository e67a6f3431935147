// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/result.hpp"
#include "netwatch/netlink.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>

struct nl_msg;
struct nl_sock;

namespace netwatch {

/// A system call or an answer of the kernel that failed, in words for a person.
struct NetlinkError {
    std::string text;
};

/// A request for the kernel to list objects. Zero as family or table: of any.
struct DumpRequest {
    std::uint16_t type;  // RTM_GETLINK ...
    std::uint8_t family = 0;
    std::uint32_t table = 0;
};

enum class DumpEnd : std::uint8_t { complete, interrupted };
enum class Reception : std::uint8_t { messages, nothing, lost };

/// A connected rtnetlink socket (libnl). Either its answers are asked for one dump after another,
/// or it is subscribed and events are taken from it as they come.
class NetlinkSocket {
  public:
    /// For dump(), which waits for the kernel's answer.
    static ike::Result<NetlinkSocket, NetlinkError> for_requests();
    /// Not blocking, a member of these multicast groups (RTNLGRP_LINK ...) from the start.
    static ike::Result<NetlinkSocket, NetlinkError> for_events(std::initializer_list<int> groups,
                                                               std::size_t receive_buffer);

    [[nodiscard]] int fd() const;

    /// One datagram's messages; `lost` when the kernel had no room for some before them.
    ike::Result<Reception, NetlinkError> receive(const MessageSink& sink);

    /// All that the kernel lists; interrupted when the list changed meanwhile and has to be asked
    /// for again.
    ike::Result<DumpEnd, NetlinkError> dump(const DumpRequest& request, const MessageSink& sink);

    /// Returns when whoever is changing the network right now is done. A dump after it shows what
    /// the kernel does behind the event that announces it; routes are listed without that lock.
    ike::Result<void, NetlinkError> await_changes();

  private:
    struct Free {
        void operator()(nl_sock* socket) const;
    };
    explicit NetlinkSocket(std::unique_ptr<nl_sock, Free> socket) : socket_(std::move(socket)) {}
    static ike::Result<NetlinkSocket, NetlinkError> connect();
    /// Hands on all messages of the answer; the errno that ends it.
    ike::Result<int, NetlinkError> ask(nl_msg& question, const MessageSink& sink);

    std::unique_ptr<nl_sock, Free> socket_;
};

}  // namespace netwatch
