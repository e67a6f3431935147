// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/posix.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <sys/socket.h>

#include <array>

// When the kernel said what: prints a line for each rtnetlink message, as soon as it can be had
// (real-time priority, so that no one who listens as well is faster): time in microseconds of
// CLOCK_MONOTONIC, message type, and for a route the length of its destination prefix
// (lab/netevents.py reads it).
namespace {

using lab::check;

int rtnetlink_socket() {
    const int fd = check(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "socket");
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE;
    check(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
    return fd;
}

unsigned prefix_length(const nlmsghdr& header, const char* body) {
    if (header.nlmsg_type != RTM_NEWROUTE && header.nlmsg_type != RTM_DELROUTE) {
        return 0;
    }
    rtmsg route{};
    std::memcpy(&route, body, sizeof route);
    return route.rtm_dst_len;
}

void print_messages(const char* data, std::size_t size, std::uint64_t time_us) {
    std::size_t at = 0;
    while (at + sizeof(nlmsghdr) <= size) {
        nlmsghdr header{};
        std::memcpy(&header, data + at, sizeof header);
        std::printf("%llu %u %u\n", static_cast<unsigned long long>(time_us), header.nlmsg_type,
                    prefix_length(header, data + at + NLMSG_HDRLEN));
        at += NLMSG_ALIGN(header.nlmsg_len);
    }
    std::fflush(stdout);
}

}  // namespace

int main() {
    const int fd = rtnetlink_socket();
    lab::be_first();
    std::puts("ready");
    std::fflush(stdout);
    static std::array<char, 65536> data;
    for (;;) {
        const ssize_t size = recv(fd, data.data(), data.size(), 0);
        if (size > 0) {
            print_messages(data.data(), static_cast<std::size_t>(size), lab::now_us());
        }
    }
}
