// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/plane.hpp"

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
    return !sas_.way() || sas_.way()->udp_encapsulated;
}

XfrmPlane::Outcome XfrmPlane::move(const ike::Path& path, bool udp_encapsulated) {
    ways_.use(path);
    const Way way{path, udp_encapsulated};
    auto moved = send_by(way);
    hold_.encapsulate_as(way);
    release_held();
    on(capture_.move_to(way));
    ways_.lead_to(path.remote.address);  // it may be another gateway's
    tidy_later();
    return moved;
}

/// The states are moved at once, so packets that wait are protected and have their addresses.
void XfrmPlane::wait_for(const ike::Path& path, bool udp_encapsulated, ike::Duration most) {
    if (!sas_.way() || hold_.active()) {
        return;
    }
    const Way held{path, udp_encapsulated};
    if (auto begun = hold_.begin(held, *sas_.way(), most); !begun) {
        env_.log.info("packets can't wait for the better path, some may be lost",
                      {{"path", path.text()}, {"error", begun.error().text()}});
        return;
    }
    if (auto moved = send_by(held); !moved) {
        env_.log.warning("not every child sa could be moved to the new path",
                         {{"path", path.text()}, {"error", moved.error().text()}});
    }
}

void XfrmPlane::go_on() {
    if (!hold_.active()) {
        return;
    }
    const Way before = hold_.before();
    ways_.use(before.path);
    if (auto back = send_by(before); !back) {
        env_.log.warning("not every child sa could be moved back",
                         {{"path", before.path.text()}, {"error", back.error().text()}});
    }
    release_held();
}

void XfrmPlane::release_held() {
    if (hold_.release()) {
        tidy_later();
    }
}

void XfrmPlane::hold() {
    for (const LostSa& sa : sas_.hold()) {
        env_.log.warning("the kernel lost a child sa, rekeying it",
                         {{"spi", ike::text(sa.inbound)}, {"error", sa.why.text()}});
        rekey_later(sa.inbound);
    }
    release_held();
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
    hold_.forget();
    if (sas_.way()) {
        ways_.tidy(sas_.way()->path);
    }
}

}  // namespace agent::xfrm
