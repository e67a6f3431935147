// SPDX-License-Identifier: Apache-2.0
#include "agent/routing/route_query.hpp"

#include "agent/linux/kernel_ids.hpp"
#include "ike/base/expects.hpp"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <functional>
#include <span>
#include <utility>

namespace agent {

using ike::Fail;
using ike::Family;

namespace {

// Of those that systems give to nobody in particular: /etc/passwd's "nobody".
constexpr std::uint32_t ordinary_user = 65534;

struct FreeMessage {
    void operator()(nl_msg* message) const { nlmsg_free(message); }
};
using Message = std::unique_ptr<nl_msg, FreeMessage>;
using Sink = std::function<void(nlmsghdr*)>;

std::uint8_t number(Family family) {
    return family == Family::ipv4 ? AF_INET : AF_INET6;
}

template <class Header>
Message question(int type, int flags, Header header) {
    Message message(nlmsg_alloc_simple(type, flags));
    ike::expects(message != nullptr, "memory for a message");
    ike::expects(nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO) >= 0, "room");
    return message;
}

void put(nl_msg* message, int attribute, const ike::IpAddress& address) {
    const ike::ByteView bytes = address.bytes();
    ike::expects(nla_put(message, attribute, static_cast<int>(bytes.size()), bytes.data()) >= 0,
                 "room");
}

int on_valid(nl_msg* message, void* sink) {
    (*static_cast<Sink*>(sink))(nlmsg_hdr(message));
    return NL_OK;
}

/// 0, or libnl's error.
int ask(nl_sock* socket, nl_msg* message, Sink sink) {
    nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, on_valid, &sink);
    if (const int sent = nl_send_auto(socket, message); sent < 0) {
        return sent;
    }
    return std::min(0, nl_recvmsgs_default(socket));
}

std::optional<ike::Prefix> prefix_of(nlattr* attribute, std::uint8_t length) {
    if (attribute == nullptr || length == 0) {
        return std::nullopt;
    }
    const auto address =
        ike::IpAddress::from_bytes({static_cast<const std::uint8_t*>(nla_data(attribute)),
                                    static_cast<std::size_t>(nla_len(attribute))});
    return address ? std::optional(ike::Prefix{*address, length}) : std::nullopt;
}

/// A condition that the packets of a RouteQuestion do not fulfil, or that is not known to us.
bool asks_for_more(const fib_rule_hdr& header, std::span<nlattr* const> attributes) {
    const auto has = [&](int type) {
        return attributes[static_cast<std::size_t>(type)] != nullptr;
    };
    // The kernel shows a rule without these as one of all ports, users or protocols.
    const bool some_protocol = has(FRA_IP_PROTO) && nla_get_u8(attributes[FRA_IP_PROTO]) != 0;
    const bool some_mark = has(FRA_FWMASK) && nla_get_u32(attributes[FRA_FWMASK]) != 0;
    return (header.flags & FIB_RULE_INVERT) != 0 || header.tos != 0 || some_protocol || some_mark ||
           has(FRA_IIFNAME) || has(FRA_OIFNAME) || has(FRA_UID_RANGE) || has(FRA_L3MDEV) ||
           has(FRA_SPORT_RANGE) || has(FRA_DPORT_RANGE) || has(FRA_TUN_ID);
}

std::optional<ForeignRule> rule_in(nlmsghdr* message) {
    std::array<nlattr*, FRA_MAX + 1> attributes{};
    if (nlmsg_parse(message, sizeof(fib_rule_hdr), attributes.data(), FRA_MAX, nullptr) < 0) {
        return std::nullopt;
    }
    const auto& header = *static_cast<const fib_rule_hdr*>(nlmsg_data(message));
    const auto value = [&](int type, std::uint32_t otherwise) {
        nlattr* const found = attributes[static_cast<std::size_t>(type)];
        return found != nullptr ? nla_get_u32(found) : otherwise;
    };
    const bool ours = attributes[FRA_PROTOCOL] != nullptr &&
                      nla_get_u8(attributes[FRA_PROTOCOL]) == route_protocol;
    const std::uint32_t table = value(FRA_TABLE, header.table);
    const bool refuses = header.action == FR_ACT_BLACKHOLE || header.action == FR_ACT_UNREACHABLE ||
                         header.action == FR_ACT_PROHIBIT;
    if (ours || table == RT_TABLE_LOCAL || (!refuses && header.action != FR_ACT_TO_TBL) ||
        asks_for_more(header, attributes)) {
        return std::nullopt;
    }
    return ForeignRule{.family = header.family == AF_INET ? Family::ipv4 : Family::ipv6,
                       .priority = value(FRA_PRIORITY, 0),
                       .source = prefix_of(attributes[FRA_SRC], header.src_len),
                       .destination = prefix_of(attributes[FRA_DST], header.dst_len),
                       .table = refuses ? std::nullopt : std::optional(table)};
}

std::string table_text(std::uint32_t table) {
    return table == RT_TABLE_MAIN      ? "main"
           : table == RT_TABLE_DEFAULT ? "default"
                                       : std::to_string(table);
}

}  // namespace

std::string ForeignRule::text() const {
    return "rule " + std::to_string(priority) + ": from " + (source ? source->text() : "all") +
           (destination ? " to " + destination->text() : "") +
           (table ? " lookup " + table_text(*table) : " that drops or refuses");
}

bool ForeignRule::matches(const RouteQuestion& question) const {
    const bool from_there = !source || (question.source && source->contains(*question.source));
    return family == question.destination.family() && from_there &&
           (!destination || destination->contains(question.destination));
}

void RouteQuery::CloseSocket::operator()(nl_sock* socket) const {
    nl_socket_free(socket);
}

ike::Result<RouteQuery, SystemError> RouteQuery::open() {
    Socket socket(nl_socket_alloc());
    ike::expects(socket != nullptr, "memory for a socket");
    nl_socket_disable_auto_ack(socket.get());
    if (const int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0) {
        return Fail{
            SystemError{std::string("open a netlink socket: ") + nl_geterror(error), 0, {}}};
    }
    return RouteQuery(std::move(socket));
}

std::optional<std::uint32_t> RouteQuery::table_for(const RouteQuestion& asked) {
    rtmsg header{};
    header.rtm_family = number(asked.destination.family());
    header.rtm_flags = RTM_F_LOOKUP_TABLE;
    const auto bits = static_cast<unsigned char>(ike::Prefix::host(asked.destination).length);
    header.rtm_dst_len = bits;
    header.rtm_src_len = asked.source ? bits : std::uint8_t{0};
    const Message message = question(RTM_GETROUTE, 0, header);
    put(message.get(), RTA_DST, asked.destination);
    if (asked.source) {
        put(message.get(), RTA_SRC, *asked.source);
    }
    ike::expects(nla_put_u32(message.get(), RTA_UID, ordinary_user) >= 0, "room");
    std::optional<std::uint32_t> table;
    const int error = ask(socket_.get(), message.get(), [&](nlmsghdr* answer) {
        std::array<nlattr*, RTA_MAX + 1> attributes{};
        if (nlmsg_parse(answer, sizeof(rtmsg), attributes.data(), RTA_MAX, nullptr) >= 0) {
            const auto* const route = static_cast<const rtmsg*>(nlmsg_data(answer));
            const bool leads = route->rtm_type == RTN_UNICAST || route->rtm_type == RTN_LOCAL;
            table = !leads ? std::nullopt
                    : attributes[RTA_TABLE] != nullptr
                        ? std::optional(nla_get_u32(attributes[RTA_TABLE]))
                        : std::optional<std::uint32_t>(route->rtm_table);
        }
    });
    return error < 0 ? std::nullopt : table;
}

ike::Result<std::vector<ForeignRule>, SystemError> RouteQuery::foreign_rules(
    Family family, std::uint32_t priority) {
    fib_rule_hdr header{};
    header.family = number(family);
    const Message message = question(RTM_GETRULE, NLM_F_DUMP, header);
    std::vector<ForeignRule> rules;
    const int error = ask(socket_.get(), message.get(), [&](nlmsghdr* answer) {
        if (auto rule = rule_in(answer); rule && rule->priority <= priority) {
            rules.push_back(*rule);
        }
    });
    // An interrupted dump may lack something; what changed is told of, and looked at once more.
    if (error < 0 && error != -NLE_DUMP_INTR) {
        return Fail{SystemError{std::string("list rules: ") + nl_geterror(error), 0, {}}};
    }
    return rules;
}

}  // namespace agent
