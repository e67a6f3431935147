// SPDX-License-Identifier: Apache-2.0
#include "agent/guard/nft_events.hpp"

#include "agent/guard/ruleset.hpp"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace agent::guard {

using ike::Fail;

namespace {

constexpr std::size_t most_of_a_datagram = 65536;

/// The table's name is the first attribute of each message about a table, and about what is in one.
static_assert(NFTA_TABLE_NAME == 1 && NFTA_CHAIN_TABLE == 1 && NFTA_RULE_TABLE == 1 &&
              NFTA_SET_TABLE == 1);

bool is_about_our_table(const nlmsghdr& message) {
    auto* const header = const_cast<nlmsghdr*>(&message);  // libnl only reads it
    if (::nlmsg_valid_hdr(header, sizeof(nfgenmsg)) == 0) {
        return false;
    }
    const nlattr* const name = ::nlmsg_find_attr(header, sizeof(nfgenmsg), NFTA_TABLE_NAME);
    return name != nullptr && ::nla_strcmp(name, std::string(table_name).c_str()) == 0;
}

bool mentions_our_table(std::span<const char> datagram) {
    auto left = static_cast<int>(datagram.size());
    const auto* message = reinterpret_cast<const nlmsghdr*>(datagram.data());
    while (::nlmsg_ok(message, left) != 0) {
        const unsigned kind = message->nlmsg_type & 0xffU;  // the upper half is the subsystem
        if (kind != NFT_MSG_NEWGEN && is_about_our_table(*message)) {
            return true;
        }
        message = ::nlmsg_next(const_cast<nlmsghdr*>(message), &left);
    }
    return false;
}

}  // namespace

NftablesResult<NftEvents> NftEvents::open() {
    netwatch::Fd fd(
        ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER));
    const int group = NFNLGRP_NFTABLES;
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::setsockopt(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0) {
        return Fail{NftablesError{"changes of nftables are not told to us: " +
                                  std::generic_category().message(errno)}};
    }
    return NftEvents(std::move(fd));
}

bool NftEvents::read() {
    alignas(nlmsghdr) std::array<char, most_of_a_datagram> buffer;
    bool ours = false;
    while (true) {
        const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0 && errno == ENOBUFS) {
            ours = true;
            continue;
        }
        if (size <= 0) {
            return ours;
        }
        ours = mentions_our_table({buffer.data(), static_cast<std::size_t>(size)}) || ours;
    }
}

}  // namespace agent::guard
