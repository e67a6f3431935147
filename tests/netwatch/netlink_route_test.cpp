// SPDX-License-Identifier: Apache-2.0
#include "netwatch/netlink_route.hpp"

#include "tests/netwatch/messages.hpp"

#include <doctest/doctest.h>

using namespace netwatch;
using namespace netwatch::messages;

namespace {

rtmsg header(std::uint8_t family = AF_INET) {
    rtmsg made{};
    made.rtm_family = family;
    made.rtm_type = RTN_UNICAST;
    made.rtm_table = RT_TABLE_MAIN;
    made.rtm_protocol = RTPROT_DHCP;
    return made;
}

Run over_wlan0() {
    return Run().number(RTA_OIF, 2).number(RTA_PRIORITY, 600).address(RTA_GATEWAY, "10.1.0.1");
}

std::vector<Route> routes_of(const rtmsg& head, const Run& attributes) {
    return translated_as<RouteChanged>(message(RTM_NEWROUTE, head, attributes)).routes;
}

bool irrelevant(const rtmsg& head) {
    return std::holds_alternative<Irrelevant>(
        translated(message(RTM_NEWROUTE, head, over_wlan0())));
}
bool unreadable(const rtmsg& head, const Run& attributes) {
    return std::holds_alternative<Unreadable>(translated(message(RTM_NEWROUTE, head, attributes)));
}

Run two_hops(std::uint8_t first_flags) {
    const Run hops = Run()
                         .hop(2, first_flags, Run().address(RTA_GATEWAY, "10.1.0.1"))
                         .hop(3, 0, Run().address(RTA_GATEWAY, "10.2.0.1"));
    return Run().attribute(RTA_MULTIPATH, hops.bytes());
}

}  // namespace

TEST_CASE("a default route is destination, gateway, link, metric, source and MTU") {
    Run attributes = over_wlan0();
    attributes.address(RTA_PREFSRC, "10.1.0.2");
    attributes.attribute(RTA_METRICS, Run().number(RTAX_MTU, 1400).bytes());
    const auto routes = routes_of(header(), attributes);
    REQUIRE(routes.size() == 1);
    CHECK(text(routes[0]) ==
          "0.0.0.0/0 via 10.1.0.1 dev 2 metric 600 table 254 src 10.1.0.2 mtu 1400 proto 16");
}

TEST_CASE("an IPv6 route tells for which source and with which preference [RFC4191-2.1]") {
    rtmsg head = header(AF_INET6);
    head.rtm_dst_len = 32;
    head.rtm_src_len = 48;
    Run attributes = Run().number(RTA_OIF, 2).address(RTA_DST, "2001:db8::");
    attributes.address(RTA_SRC, "2001:db8:1::");
    const ike::Bytes low{3};
    attributes.attribute(RTA_PREF, low);
    const auto routes = routes_of(head, attributes);
    REQUIRE(routes.size() == 1);
    CHECK(text(routes[0]) ==
          "2001:db8::/32 from 2001:db8:1::/48 dev 2 metric 0 table 254 pref low proto 16");
}

TEST_CASE("a table beyond 255 and all but main and default are irrelevant") {
    rtmsg head = header();
    CHECK_FALSE(irrelevant(head));
    head.rtm_table = RT_TABLE_DEFAULT;
    CHECK_FALSE(irrelevant(head));
    head.rtm_table = RT_TABLE_LOCAL;
    CHECK(irrelevant(head));
    const auto far = message(RTM_NEWROUTE, header(), over_wlan0().number(RTA_TABLE, 51820));
    CHECK(std::holds_alternative<Irrelevant>(translated(far)));
}

TEST_CASE("multicast, cached and type-of-service routes and other families are irrelevant") {
    rtmsg head = header();
    head.rtm_type = RTN_MULTICAST;
    CHECK(irrelevant(head));
    head = header();
    head.rtm_flags = RTM_F_CLONED;
    CHECK(irrelevant(head));
    head = header();
    head.rtm_tos = 8;
    CHECK(irrelevant(head));
    CHECK(irrelevant(header(AF_BRIDGE)));
}

TEST_CASE("unreachable, blackhole and prohibit routes reject, over no link") {
    for (const std::uint8_t type : {RTN_UNREACHABLE, RTN_BLACKHOLE, RTN_PROHIBIT}) {
        rtmsg head = header();
        head.rtm_type = type;
        const auto routes = routes_of(head, over_wlan0());
        REQUIRE(routes.size() == 1);
        CHECK(routes[0].rejects);
        CHECK(routes[0].out == ike::InterfaceIndex{});
    }
}

TEST_CASE("a multipath route is one route for each next hop that is alive") {
    const auto both = routes_of(header(), two_hops(0));
    REQUIRE(both.size() == 2);
    CHECK(both[0].out == ike::InterfaceIndex{2});
    CHECK(both[1].gateway == ike::IpAddress::parse("10.2.0.1"));
    const auto alive = routes_of(header(), two_hops(RTNH_F_DEAD));
    REQUIRE(alive.size() == 1);
    CHECK(alive[0].out == ike::InterfaceIndex{3});
}

TEST_CASE("a next hop without carrier is still one: its link says so") {
    CHECK(routes_of(header(), two_hops(RTNH_F_LINKDOWN)).size() == 2);
}

TEST_CASE("a dead route is none when listed, and removed when it goes") {
    rtmsg head = header();
    head.rtm_flags = RTNH_F_DEAD;
    CHECK(routes_of(head, over_wlan0()).empty());
    const auto removal = message(RTM_DELROUTE, head, over_wlan0());
    CHECK(translated_as<RouteRemoved>(removal).routes.size() == 1);
}

TEST_CASE("a gateway of the other family is read from RTA_VIA [RFC8950]") {
    ike::Bytes via{AF_INET6, 0};
    const auto address = ike::IpAddress::parse("fe80::1").value();
    via.insert(via.end(), address.bytes().begin(), address.bytes().end());
    const auto routes = routes_of(header(), Run().number(RTA_OIF, 2).attribute(RTA_VIA, via));
    REQUIRE(routes.size() == 1);
    CHECK(routes[0].gateway == address);
}

TEST_CASE("a replacement is told from an addition") {
    const auto replacing = message(RTM_NEWROUTE, header(), over_wlan0(), NLM_F_REPLACE);
    CHECK(translated_as<RouteChanged>(replacing).replaces);
    CHECK_FALSE(
        translated_as<RouteChanged>(message(RTM_NEWROUTE, header(), over_wlan0())).replaces);
}

TEST_CASE("next hops whose lengths do not add up are unreadable") {
    Run short_hop = Run().hop(2, 0, Run().address(RTA_GATEWAY, "10.1.0.1"));
    for (const unsigned length : {0U, 7U, 255U}) {
        ike::Bytes bytes = short_hop.bytes();
        bytes[0] = static_cast<std::uint8_t>(length);
        CHECK(unreadable(header(), Run().attribute(RTA_MULTIPATH, bytes)));
    }
    const ike::Bytes stump(5);
    CHECK(unreadable(header(), Run().attribute(RTA_MULTIPATH, stump)));
}

TEST_CASE("a destination of the wrong size or longer than an address is unreadable") {
    rtmsg head = header();
    head.rtm_dst_len = 33;
    CHECK(unreadable(head, over_wlan0()));
    head.rtm_dst_len = 8;
    CHECK(unreadable(head, over_wlan0().address(RTA_DST, "2001:db8::")));
}

TEST_CASE("a route cut anywhere is never over-read") {
    const ike::Bytes whole = message(RTM_NEWROUTE, header(), two_hops(0));
    for (std::size_t size = sizeof(nlmsghdr); size < whole.size(); ++size) {
        const bool has_header = size >= sizeof(nlmsghdr) + sizeof(rtmsg);
        CHECK(std::holds_alternative<Unreadable>(translated(cut(whole, size))) == !has_header);
    }
}
