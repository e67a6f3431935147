// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/plane.hpp"
#include "agent/linux/reverse_path_filter.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <utility>

namespace agent::xfrm {

void XfrmPlane::expect(const ike::Path& path) {
    ways_.lead_to(path.remote.address);
    on(capture_.expect(path, data_is_in_udp()));
}

void XfrmPlane::on(const InboundCapture::Outcome& captured) {
    for (const LostSa& sa : captured.lost) {
        env_.log.error("the kernel does not receive by a child sa, rekeying it",
                       {{"spi", ike::text(sa.inbound)}, {"error", sa.why.text()}});
        rekey_later(sa.inbound);
    }
    if (captured.left_address) {
        tidy_later();
    }
}

/// Before there is data it is taken to be.
bool XfrmPlane::data_is_in_udp() const {
    return !way_ || way_->udp_encapsulated;
}

XfrmPlane::Outcome XfrmPlane::move(const ike::Path& path, bool udp_encapsulated) {
    ways_.use(path);
    auto moved = send_all_by({path, udp_encapsulated});
    if (waiting_ && waiting_->packets.path() == path) {
        waiting_->udp_encapsulated = udp_encapsulated;
    }
    let_go();
    on(capture_.move_to({path, udp_encapsulated}));
    ways_.lead_to(path.remote.address);  // it may be another gateway's
    tidy_later();
    return moved;
}

XfrmPlane::Outcome XfrmPlane::send_all_by(const Way& way) {
    way_ = way;
    Outcome outcome;
    const auto note = [&](const Outcome& one) {
        if (!one && outcome) {
            outcome = one;
        }
    };
    for (const auto& sa : sas_) {
        if (sa->sends) {
            note(send_by_way(*sa));
        } else {
            note(sa->outbound.stop());
        }
    }
    return outcome;
}

ike::Result<WaitingPackets, SystemError> XfrmPlane::lead_aside(const ike::Path& path) {
    // Strictly filtered, what the gateway sends would be dropped: the way to it is into the device.
    const netwatch::Link* link = env_.network.find_link(path.interface);
    if (path.local.address.is_ipv4() && link != nullptr && strict_reverse_path(link->name)) {
        return ike::Fail{SystemError{"rp_filter is strict on " + link->name, 0, {}}};
    }
    auto packets = WaitingPackets::open(path);
    if (packets) {
        if (auto led = ways_.egress().divert(path, packets->device(), env_.network); !led) {
            return ike::Fail{led.error()};
        }
    }
    return packets;
}

/// The states are moved already, so what waits is protected and has its addresses.
void XfrmPlane::wait_for(const ike::Path& path, bool udp_encapsulated, ike::Duration most) {
    if (!way_ || (waiting_ && !waiting_->over)) {
        return;
    }
    forget_what_waited();
    ways_.use(path);
    auto packets = lead_aside(path);
    if (!packets) {
        env_.log.info("packets can't wait for the better path, some may be lost",
                      {{"path", path.text()}, {"error", packets.error().text()}});
        return;
    }
    const int fd = packets->fd();
    waiting_ = Waiting{
        .packets = std::move(*packets),
        .before = *way_,
        .udp_encapsulated = udp_encapsulated,
        .over = false,
        .source = env_.loop.watch(fd, EPOLLIN, [this](std::uint32_t) { take_in_what_waits(); })};
    go_on_.set(env_.loop.now() + most);
    if (auto moved = send_all_by({path, udp_encapsulated}); !moved) {
        env_.log.warning("not every child sa could be moved to the new path",
                         {{"path", path.text()}, {"error", moved.error().text()}});
    }
}

void XfrmPlane::go_on() {
    if (!waiting_ || waiting_->over) {
        return;
    }
    const Way before = waiting_->before;
    ways_.use(before.path);
    if (auto back = send_all_by(before); !back) {
        env_.log.warning("not every child sa could be moved back",
                         {{"path", before.path.text()}, {"error", back.error().text()}});
    }
    let_go();
}

void XfrmPlane::take_in_what_waits() {
    if (waiting_->over) {
        waiting_->packets.send_all(waiting_->udp_encapsulated);
    } else {
        waiting_->packets.take_in();
    }
}

/// What waits leaves now, before others can leave directly; then what came in meanwhile.
void XfrmPlane::let_go() {
    go_on_.clear();
    if (!waiting_ || waiting_->over) {
        return;
    }
    waiting_->over = true;
    WaitingPackets& packets = waiting_->packets;
    packets.send_all(waiting_->udp_encapsulated);
    if (auto led = ways_.egress().lead_back(packets.path(), packets.device()); !led) {
        env_.log.warning("packets that waited have no way to leave",
                         {{"path", packets.path().text()}, {"error", led.error().text()}});
    }
    packets.send_all(waiting_->udp_encapsulated);
    tidy_later();
}

void XfrmPlane::forget_what_waited() {
    if (!waiting_ || !waiting_->over) {
        return;
    }
    if (const std::size_t refused = waiting_->packets.refused(); refused != 0) {
        env_.log.warning("packets that waited could not be sent",
                         {{"packets", std::to_string(refused)}});
    }
    waiting_.reset();  // nothing is led there any more
}

void XfrmPlane::hold() {
    for (const auto& sa : sas_) {
        if (auto stopped = sa->outbound.stop(); !stopped) {
            env_.log.warning(
                "the kernel lost a child sa, rekeying it",
                {{"spi", ike::text(sa->sa.inbound.spi)}, {"error", stopped.error().text()}});
            rekey_later(sa->sa.inbound.spi);
        }
    }
    way_.reset();
    let_go();
}

void XfrmPlane::network_changed() {
    on(capture_.network_changed(data_is_in_udp()));
    ways_.network_changed();
}

void XfrmPlane::tidy_later() {
    tidy_.set(env_.loop.now() + in_flight);
}

/// Packets that were in flight by old paths have come.
void XfrmPlane::tidy() {
    capture_.settle();
    forget_what_waited();
    if (way_) {
        ways_.tidy(way_->path);
    }
}

}  // namespace agent::xfrm
