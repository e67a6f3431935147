// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/held_packets.hpp"

#include "agent/dataplane/xfrm/socket_options.hpp"
#include "agent/linux/control_message.hpp"
#include "agent/linux/rtnetlink.hpp"
#include "agent/linux/socket_mark.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <utility>

namespace agent::xfrm {

using ike::Fail;

namespace {

constexpr std::uint32_t largest_packet = 65535;  // the uplink's MTU is the route's affair
// 1 Gbit/s of large packets for 90 ms.
constexpr std::uint32_t most_packets = 8192;
constexpr int send_buffer = most_packets * 2304;  // bytes, with what the kernel adds to a packet

/// Sends packets with their IP header (IPPROTO_RAW), by the path's own routing table. The socket
/// names the interface, so the route into the device, which leads elsewhere, does not apply.
ike::Result<netwatch::Fd, SystemError> open_raw(const ike::Path& path) {
    const ike::Family family = path.local.address.family();
    netwatch::Fd raw(::socket(family == ike::Family::ipv4 ? AF_INET : AF_INET6,
                              SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_RAW));
    sockaddr_storage local{};
    const socklen_t size = write_address(local, {path.local.address, 0}, path.interface);
    const int interface = static_cast<int>(path.interface.value);
    if (!raw || ::setsockopt(raw.get(), SOL_SOCKET, SO_MARK, &outer_mark, sizeof outer_mark) != 0 ||
        ::setsockopt(raw.get(), SOL_SOCKET, SO_BINDTOIFINDEX, &interface, sizeof interface) != 0 ||
        ::bind(raw.get(), reinterpret_cast<const sockaddr*>(&local), size) != 0) {
        return Fail{last_error("open a socket for packets that wait",
                               "run roamd as root, or give it CAP_NET_RAW")};
    }
    // All packets leave at once. Without CAP_NET_ADMIN the system's limit counts.
    (void)::setsockopt(raw.get(), SOL_SOCKET, SO_SNDBUFFORCE, &send_buffer, sizeof send_buffer);
    if (auto bypassed = bypass_policies(raw.get(), family); !bypassed) {
        return Fail{bypassed.error()};
    }
    return raw;
}

}  // namespace

ike::Result<HeldPackets, SystemError> HeldPackets::open(const ike::Path& path) {
    auto raw = open_raw(path);
    if (!raw) {
        return Fail{raw.error()};
    }
    auto device = TunDevice::create("roamd-wait%d");
    if (!device) {
        return Fail{device.error()};
    }
    auto netlink = Rtnetlink::open();
    if (!netlink) {
        return Fail{netlink.error()};
    }
    auto index = netlink->device(device->name());
    if (!index) {
        return Fail{index.error()};
    }
    auto ready = netlink->set_queue(*index, most_packets);
    if (ready) {
        ready = netlink->set_mtu(*index, largest_packet);
    }
    if (ready) {
        ready = netlink->bring_up(*index);
    }
    if (!ready) {
        return Fail{ready.error()};
    }
    return HeldPackets(path, std::move(*device), *index, std::move(*raw));
}

HeldPackets::HeldPackets(const ike::Path& path, TunDevice device, ike::InterfaceIndex index,
                         netwatch::Fd raw)
    : path_(path), device_(std::move(device)), device_index_(index), raw_(std::move(raw)) {}

void HeldPackets::take_in() {
    std::array<std::uint8_t, largest_packet> buffer;
    for (std::uint32_t read = 0; read < most_packets; ++read) {  // some may be sent as fast
        const std::size_t size = device_.read(buffer);
        if (size == 0) {
            return;
        }
        const auto bytes = ike::ByteView(buffer).first(size);
        const auto packet = IpPacket::read(bytes);
        if (!packet || !is_of_path(*packet)) {
            continue;  // the kernel says a word of its own on a device that has IPv6
        }
        if (carries_esp(*packet) && kept_.size() == most_packets) {
            ++refused_;
        } else if (carries_esp(*packet)) {
            kept_.emplace_back(bytes.begin(), bytes.end());
        } else {
            send(bytes);
        }
    }
}

void HeldPackets::send_all(bool udp_encapsulated) {
    take_in();
    for (const ike::Bytes& bytes : std::exchange(kept_, {})) {
        const auto packet = IpPacket::read(bytes);
        const auto other = reencapsulated(*packet, path_, udp_encapsulated);
        send(other ? *other : bytes);
    }
}

bool HeldPackets::is_of_path(const IpPacket& packet) const {
    return packet.from == path_.local.address && packet.to == path_.remote.address;
}

void HeldPackets::send(ike::ByteView packet) {
    sockaddr_storage remote{};
    const socklen_t size = write_address(remote, {path_.remote.address, 0}, path_.interface);
    if (::sendto(raw_.get(), packet.data(), packet.size(), 0,
                 reinterpret_cast<const sockaddr*>(&remote), size) < 0) {
        ++refused_;
    }
}

}  // namespace agent::xfrm
