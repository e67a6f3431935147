// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/unmatched_esp.hpp"

#include "agent/dataplane/xfrm/ip_packet.hpp"
#include "agent/linux/device_sysctls.hpp"
#include "agent/linux/rtnetlink.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <utility>

namespace agent::xfrm {

using ike::Fail;

namespace {

constexpr std::uint32_t largest_packet = 65535;
constexpr std::size_t udp_header = 8;
constexpr std::size_t largest_esp = largest_packet - 60;  // in whatever headers

/// RFC 7600 5: an address that nobody has.
const ike::IpAddress no_host = ike::IpAddress::parse("192.0.0.8").value();

/// Up. Reverse path filtering wants it to have an address.
ike::Result<ike::InterfaceIndex, SystemError> prepare(const TunDevice& device) {
    auto netlink = Rtnetlink::open();
    if (!netlink) {
        return Fail{netlink.error()};
    }
    auto index = netlink->device(device.name());
    if (!index) {
        return Fail{index.error()};
    }
    prepare_ipv6(device.name());
    auto done = netlink->set_mtu(*index, largest_packet);
    if (done) {
        done = netlink->bring_up(*index);
    }
    if (done) {
        done = netlink->add_silent(*index, no_host);
    }
    if (!done) {
        return Fail{done.error()};
    }
    return *index;
}

}  // namespace

std::optional<CapturedEsp> captured_in(ike::ByteView bytes, std::uint16_t nat_t_port) {
    const auto packet = IpPacket::read(bytes);
    if (!packet || packet->fragment) {
        return std::nullopt;
    }
    const bool udp = packet->protocol == IPPROTO_UDP;
    ike::Reader payload(packet->payload);
    if (udp) {
        payload.u16();
        const std::uint16_t port = payload.u16();
        payload.u32();
        if (port != nat_t_port) {
            return std::nullopt;
        }
    } else if (packet->protocol != IPPROTO_ESP) {
        return std::nullopt;
    }
    const ike::ByteView esp = packet->payload.subspan(payload.ok() && udp ? udp_header : 0);
    const ike::ChildSpi spi{payload.u32()};
    const std::uint32_t number = payload.u32();
    if (!payload.ok() || spi.value == 0 || esp.size() > largest_esp) {
        return std::nullopt;
    }
    return CapturedEsp{.to = {packet->to, udp},
                       .spi = spi,
                       .number = number,
                       .traffic_class = packet->traffic_class,
                       .esp = {esp.begin(), esp.end()}};
}

ike::Result<UnmatchedEsp, SystemError> UnmatchedEsp::open(std::uint16_t nat_t_port) {
    auto device = TunDevice::create("roamd-in%d");
    if (!device) {
        return Fail{device.error()};
    }
    const auto index = prepare(*device);
    if (!index) {
        return Fail{index.error()};
    }
    auto ipv4 = EspCapture::open({ike::Family::ipv4, nat_t_port, *index});
    if (!ipv4) {
        return Fail{ipv4.error()};
    }
    auto ipv6 = EspCapture::open({ike::Family::ipv6, nat_t_port, *index});
    if (!ipv6) {
        return Fail{ipv6.error()};
    }
    return UnmatchedEsp(std::move(*device), {std::move(*ipv4), std::move(*ipv6)}, nat_t_port);
}

UnmatchedEsp::UnmatchedEsp(TunDevice device, std::array<EspCapture, 2> captures,
                           std::uint16_t nat_t_port)
    : device_(std::move(device)),
      captures_(std::move(captures)),
      nat_t_port_(nat_t_port),
      buffer_(largest_packet) {}

UnmatchedEsp::Outcome UnmatchedEsp::filter(CaptureFilter filter) {
    for (EspCapture& capture : captures_) {
        if (auto filtered = capture.let_through(filter); !filtered) {
            return filtered;
        }
    }
    filter_ = std::move(filter);
    return {};
}

UnmatchedEsp::Outcome UnmatchedEsp::check_device() {
    if (!loosen_reverse_path(device_.name())) {
        return Fail{last_error("loosen reverse path filtering of " + device_.name(),
                               "let roamd write to /proc/sys/net")};
    }
    return {};
}

std::vector<CapturedEsp> UnmatchedEsp::take_in(std::size_t most) {
    std::vector<CapturedEsp> packets;
    for (const EspCapture& capture : captures_) {
        for (std::size_t read = 0; read < most; ++read) {
            const std::size_t size = capture.read(buffer_);
            if (size == 0) {
                break;
            }
            auto packet = captured_in(ike::ByteView(buffer_).first(size), nat_t_port_);
            if (packet && (std::ranges::count(watched_, packet->to) != 0 ||
                           std::ranges::count(filter_.awaited, packet->spi) != 0)) {
                packets.push_back(std::move(*packet));
            }
        }
    }
    return packets;
}

bool UnmatchedEsp::bring_in(const CapturedEsp& packet, const EncapsulatedPath& way) const {
    return device_.write(
        incoming_esp(way.path, way.udp_encapsulated, packet.traffic_class, packet.esp));
}

std::size_t UnmatchedEsp::missed() {
    return captures_[0].missed() + captures_[1].missed();
}

}  // namespace agent::xfrm
