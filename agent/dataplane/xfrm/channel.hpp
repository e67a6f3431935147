// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/system_error.hpp"
#include "agent/dataplane/xfrm/message.hpp"
#include "ike/base/result.hpp"
#include "netwatch/fd.hpp"
#include "netwatch/netlink.hpp"

#include <linux/filter.h>

#include <cstdint>
#include <span>

namespace agent::xfrm {

/// A netlink socket of the kernel's IPsec. The kernel's messages hold the keys of states, so each
/// is wiped once it was looked at.
class Channel {
  public:
    enum class Kind : std::uint8_t { blocking, nonblocking };

    static ike::Result<Channel, SystemError> open(Kind kind);

    [[nodiscard]] int fd() const { return fd_.get(); }
    /// The nlmsg_pid of our requests, of the answers to them and of what they are announced by.
    [[nodiscard]] std::uint32_t port() const { return port_; }

    /// A multicast group (XFRMNLGRP_EXPIRE ...).
    ike::Result<void, SystemError> join(unsigned group);
    ike::Result<void, SystemError> leave(unsigned group);
    /// Only messages that the program lets pass are received from now on.
    ike::Result<void, SystemError> filter(std::span<sock_filter> program);

    /// All in one system call: the kernel does one behind the other. They get rising sequence
    /// numbers from this one on. Gives 0 or an errno.
    int send(std::span<const Message> messages, std::uint32_t first_sequence);

    /// Hands on the messages of one datagram. Gives 0 or an errno.
    int receive(const netwatch::MessageSink& sink);

  private:
    Channel(netwatch::Fd fd, std::uint32_t port);
    ike::Result<void, SystemError> set_membership(int option, unsigned group);

    netwatch::Fd fd_;
    std::uint32_t port_;
    ike::crypto::SecretBytes buffer_;
};

}  // namespace agent::xfrm
