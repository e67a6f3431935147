// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/outbound_hold.hpp"

#include "agent/linux/reverse_path_filter.hpp"

#include <sys/epoll.h>

#include <string>
#include <utility>

namespace agent::xfrm {

using ike::Fail;

OutboundHold::OutboundHold(const DataPlaneContext& context, UplinkRoutes& routes,
                           std::function<void()> overdue)
    : context_(context), routes_(routes), overdue_(context_.loop.timer(std::move(overdue))) {}

ike::Result<void, SystemError> OutboundHold::begin(const EncapsulatedPath& held,
                                                   const EncapsulatedPath& before,
                                                   ike::Duration most) {
    forget();
    routes_.use(held.path);
    auto packets = divert(held.path);
    if (!packets) {
        return Fail{packets.error()};
    }
    const int fd = packets->fd();
    held_ =
        Held{.packets = std::move(*packets),
             .before = before,
             .udp_encapsulated = held.udp_encapsulated,
             .released = false,
             .source = context_.loop.watch(fd, EPOLLIN, [this](std::uint32_t) { on_readable(); })};
    overdue_.set(context_.loop.now() + most);
    return {};
}

ike::Result<HeldPackets, SystemError> OutboundHold::divert(const ike::Path& path) {
    // A strict filter drops packets of the gateway: the route to it leads into the device.
    const netwatch::Link* link = context_.network.find_link(path.interface);
    if (path.local.address.is_ipv4() && link != nullptr && strict_reverse_path(link->name)) {
        return Fail{SystemError{"rp_filter is strict on " + link->name, 0, {}}};
    }
    auto packets = HeldPackets::open(path);
    if (packets) {
        if (auto led = routes_.route().divert(path, packets->device(), context_.network); !led) {
            return Fail{led.error()};
        }
    }
    return packets;
}

void OutboundHold::encapsulate_as(const EncapsulatedPath& way) {
    if (held_ && held_->packets.path() == way.path) {
        held_->udp_encapsulated = way.udp_encapsulated;
    }
}

bool OutboundHold::release() {
    overdue_.clear();
    if (!active()) {
        return false;
    }
    held_->released = true;
    HeldPackets& packets = held_->packets;
    packets.send_all(held_->udp_encapsulated);
    if (auto led = routes_.route().lead_back(packets.path(), packets.device()); !led) {
        context_.log.warning("packets that waited have no way to leave",
                             {{"path", packets.path().text()}, {"error", led.error().text()}});
    }
    packets.send_all(held_->udp_encapsulated);  // those that came in meanwhile
    return true;
}

void OutboundHold::on_readable() {
    if (held_->released) {
        held_->packets.send_all(held_->udp_encapsulated);
    } else {
        held_->packets.take_in();
    }
}

void OutboundHold::forget() {
    if (!held_ || !held_->released) {
        return;
    }
    if (const std::size_t refused = held_->packets.refused(); refused != 0) {
        context_.log.warning("packets that waited could not be sent",
                             {{"packets", std::to_string(refused)}});
    }
    held_.reset();
}

}  // namespace agent::xfrm
