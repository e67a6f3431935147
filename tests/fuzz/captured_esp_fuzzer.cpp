// SPDX-License-Identifier: Apache-2.0
// Any bytes as a packet read from the wire. A packet that is taken for ESP is within it, and comes
// in again, by either family, in UDP and bare, as what it was.
#include "agent/dataplane/xfrm/ip_packet.hpp"
#include "agent/dataplane/xfrm/unmatched_esp.hpp"
#include "ike/base/expects.hpp"

#include <array>
#include <cstdint>

namespace {

using namespace agent::xfrm;

ike::Path path(const char* local, const char* remote) {
    return {{}, {*ike::IpAddress::parse(local), 4500}, {*ike::IpAddress::parse(remote), 1024}};
}

const std::array paths{path("192.0.2.1", "203.0.113.9"), path("2001:db8::1", "2001:db8:9::9")};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto captured = captured_in({data, size}, ike::nat_t_port);
    if (!captured) {
        return 0;
    }
    ike::expects(captured->esp.size() >= 8 && captured->esp.size() < size,
                 "ESP is within its packet");
    ike::expects(captured->spi.value != 0, "no SPI of ESP is zero");
    for (const ike::Path& way : paths) {
        for (const bool udp : {true, false}) {
            const auto packet = incoming_esp(way, udp, captured->traffic_class, captured->esp);
            const auto again = captured_in(packet, ike::nat_t_port);
            ike::expects(again.has_value(), "it is ESP as before");
            ike::expects(again->to == EspAddress{way.local.address, udp}, "it comes there");
            ike::expects(again->esp == captured->esp && again->spi == captured->spi &&
                             again->number == captured->number &&
                             again->traffic_class == captured->traffic_class,
                         "nothing of it has changed");
        }
    }
    return 0;
}
