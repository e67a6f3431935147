// SPDX-License-Identifier: Apache-2.0
#include "agent/linux/control_message.hpp"

#include <algorithm>
#include <cstring>

namespace agent {

namespace {

template <class T>
void append(msghdr& message, int level, int type, const T& value) {
    auto* const at = static_cast<std::uint8_t*>(message.msg_control) + message.msg_controllen;
    cmsghdr header{};
    header.cmsg_level = level;
    header.cmsg_type = type;
    header.cmsg_len = CMSG_LEN(sizeof(T));
    std::memcpy(at, &header, sizeof header);
    std::memcpy(at + CMSG_LEN(0), &value, sizeof value);
    message.msg_controllen += CMSG_SPACE(sizeof(T));
}

template <class T>
T value_of(const cmsghdr* header) {
    T value{};
    std::memcpy(&value, CMSG_DATA(header), sizeof value);
    return value;
}

template <class T>
ike::IpAddress address_of(const T& bytes) {
    return *ike::IpAddress::from_bytes(
        {reinterpret_cast<const std::uint8_t*>(&bytes), sizeof bytes});
}

template <class T>
void copy_address(T& out, const ike::IpAddress& address) {
    std::memcpy(&out, address.bytes().data(), sizeof out);
}

}  // namespace

void write_control(msghdr& message, ControlBuffer& buffer, const ike::Path& path,
                   std::uint8_t traffic_class) {
    message.msg_control = buffer.bytes.data();
    message.msg_controllen = 0;
    if (path.local.address.is_ipv4()) {
        in_pktinfo info{};
        info.ipi_ifindex = static_cast<int>(path.interface.value);
        copy_address(info.ipi_spec_dst, path.local.address);
        append(message, IPPROTO_IP, IP_PKTINFO, info);
        append(message, IPPROTO_IP, IP_TOS, int{traffic_class});
    } else {
        in6_pktinfo info{};
        info.ipi6_ifindex = path.interface.value;
        copy_address(info.ipi6_addr, path.local.address);
        append(message, IPPROTO_IPV6, IPV6_PKTINFO, info);
        append(message, IPPROTO_IPV6, IPV6_TCLASS, int{traffic_class});
    }
}

ReceivedControl read_control(msghdr& message) {
    ReceivedControl received;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        const bool ipv4 = header->cmsg_level == IPPROTO_IP;
        const bool ipv6 = header->cmsg_level == IPPROTO_IPV6;
        if (ipv4 && header->cmsg_type == IP_PKTINFO) {
            const auto info = value_of<in_pktinfo>(header);
            received.interface.value = static_cast<std::uint32_t>(info.ipi_ifindex);
            received.local = address_of(info.ipi_addr);
        } else if (ipv4 && header->cmsg_type == IP_TOS) {
            received.traffic_class = value_of<std::uint8_t>(header);
        } else if (ipv6 && header->cmsg_type == IPV6_PKTINFO) {
            const auto info = value_of<in6_pktinfo>(header);
            received.interface.value = info.ipi6_ifindex;
            received.local = address_of(info.ipi6_addr);
        } else if (ipv6 && header->cmsg_type == IPV6_TCLASS) {
            received.traffic_class = static_cast<std::uint8_t>(value_of<int>(header));
        }
    }
    return received;
}

socklen_t write_address(sockaddr_storage& out, const ike::Endpoint& endpoint,
                        ike::InterfaceIndex interface) {
    if (endpoint.address.is_ipv4()) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(endpoint.port);
        copy_address(address.sin_addr, endpoint.address);
        std::memcpy(&out, &address, sizeof address);
        return sizeof address;
    }
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port);
    copy_address(address.sin6_addr, endpoint.address);
    address.sin6_scope_id = endpoint.address.is_link_local() ? interface.value : 0;
    std::memcpy(&out, &address, sizeof address);
    return sizeof address;
}

ike::Endpoint read_address(const sockaddr_storage& from) {
    if (from.ss_family == AF_INET6) {
        sockaddr_in6 address{};
        std::memcpy(&address, &from, sizeof address);
        return {address_of(address.sin6_addr), ntohs(address.sin6_port)};
    }
    sockaddr_in address{};
    std::memcpy(&address, &from, sizeof address);
    return {address_of(address.sin_addr), ntohs(address.sin_port)};
}

}  // namespace agent
