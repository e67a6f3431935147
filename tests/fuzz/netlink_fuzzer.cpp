// SPDX-License-Identifier: Apache-2.0
// Any bytes as a datagram of rtnetlink: translated without an over-read, and whatever tables come
// of it, the uplinks are usable ones and a decision is made.
#include "ike/base/expects.hpp"
#include "netwatch/netlink.hpp"
#include "netwatch/policy.hpp"
#include "netwatch/tables.hpp"

#include <algorithm>
#include <cstdint>

namespace {

constexpr std::size_t max_routes = 64;

void look_at(const netwatch::Snapshot& snapshot, const ike::IpAddress& gateway) {
    const auto found = netwatch::uplinks(snapshot, gateway, {"roamd0"});
    for (const netwatch::Uplink& uplink : found) {
        const netwatch::Link* const link = snapshot.find_link(uplink.interface);
        ike::expects(link != nullptr && link->up && link->running, "an uplink is up and running");
        ike::expects(uplink.local.family() == gateway.family(), "an uplink is of one family");
        const netwatch::Current current{uplink.interface, uplink.local};
        ike::expects(uplink.rank != found.front().rank ||
                         std::holds_alternative<netwatch::Keep>(decide(snapshot, found, current)),
                     "a path as good as the best is kept");
    }
    (void)decide(snapshot, found, netwatch::Current{{2}, gateway});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ike::Bytes datagram(data, data + size);  // from the heap, so aligned
    netwatch::Tables tables(max_routes);
    netwatch::for_each_message(datagram, [&tables](const nlmsghdr& message) {
        tables.apply(netwatch::translate(message));
    });
    const netwatch::Snapshot snapshot = tables.snapshot(1);
    ike::expects(std::ranges::is_sorted(snapshot.routes), "routes are sorted");
    (void)text(snapshot);
    look_at(snapshot, ike::IpAddress::parse("192.0.2.1").value());
    look_at(snapshot, ike::IpAddress::parse("2001:db8:9::1").value());
    return 0;
}
