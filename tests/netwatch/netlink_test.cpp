// SPDX-License-Identifier: Apache-2.0
#include "netwatch/netlink.hpp"

#include "tests/netwatch/messages.hpp"

#include <doctest/doctest.h>
#include <linux/if.h>
#include <linux/if_link.h>

using namespace netwatch;
using namespace netwatch::messages;

namespace {

constexpr unsigned well = IFF_UP | IFF_RUNNING | IFF_LOWER_UP;

ifinfomsg link_header(int index, unsigned flags) {
    ifinfomsg header{};
    header.ifi_index = index;
    header.ifi_flags = flags;
    return header;
}

Run wlan0() {
    return Run().text(IFLA_IFNAME, "wlan0").number(IFLA_MTU, 1500);
}

Link link_of(unsigned flags, const Run& attributes = wlan0()) {
    return translated_as<LinkChanged>(message(RTM_NEWLINK, link_header(2, flags), attributes)).link;
}

ifaddrmsg address_header(std::uint8_t family, std::uint8_t length) {
    ifaddrmsg header{};
    header.ifa_family = family;
    header.ifa_prefixlen = length;
    header.ifa_index = 2;
    return header;
}

Address address6(std::uint32_t flags) {
    const Run attributes = Run().address(IFA_ADDRESS, "2001:db8::2").number(IFA_FLAGS, flags);
    return translated_as<AddressChanged>(
               message(RTM_NEWADDR, address_header(AF_INET6, 64), attributes))
        .address;
}

template <class Kind>
bool is(const ike::Bytes& bytes) {
    return std::holds_alternative<Kind>(translated(bytes));
}

}  // namespace

TEST_CASE("a link is its index, name, MTU, kind and master") {
    Run attributes = wlan0();
    attributes.number(IFLA_MASTER, 7);
    attributes.attribute(IFLA_LINKINFO, Run().text(IFLA_INFO_KIND, "veth").bytes());
    const Link link = link_of(well | IFF_POINTOPOINT, attributes);
    CHECK(link == Link{.index = {2},
                       .name = "wlan0",
                       .kind = "veth",
                       .mtu = 1500,
                       .up = true,
                       .running = true,
                       .loopback = false,
                       .point_to_point = true,
                       .master = ike::InterfaceIndex{7}});
}

TEST_CASE("a link runs when it has carrier and is not dormant") {
    CHECK(link_of(well).running);
    CHECK_FALSE(link_of(IFF_UP | IFF_LOWER_UP).running);
    CHECK_FALSE(link_of(IFF_UP | IFF_RUNNING).running);
    CHECK(link_of(IFF_UP).up);
    CHECK_FALSE(link_of(0).up);
    CHECK(link_of(well | IFF_LOOPBACK).loopback);
}

TEST_CASE("a removed link is its index") {
    CHECK(translated_as<LinkRemoved>(message(RTM_DELLINK, link_header(2, 0), wlan0())).index ==
          ike::InterfaceIndex{2});
}

TEST_CASE("a port leaving its bridge is no link removed") {
    ifinfomsg header = link_header(2, well);
    header.ifi_family = AF_BRIDGE;
    CHECK(is<Irrelevant>(message(RTM_DELLINK, header, wlan0())));
}

TEST_CASE("a wireless event, which leaves out most of the link, changes no link") {
    Run attributes = Run().text(IFLA_IFNAME, "wlan0");
    attributes.number(IFLA_WIRELESS, 0);
    CHECK(is<Irrelevant>(message(RTM_NEWLINK, link_header(2, well), attributes)));
}

TEST_CASE("an IPv4 address has its own and the peer's, where they differ") {
    Run attributes = Run().address(IFA_ADDRESS, "10.0.0.1").address(IFA_LOCAL, "10.0.0.2");
    const auto bytes = message(RTM_NEWADDR, address_header(AF_INET, 32), attributes);
    const Address address = translated_as<AddressChanged>(bytes).address;
    CHECK(address.address.text() == "10.0.0.2");
    CHECK(address.peer == ike::IpAddress::parse("10.0.0.1"));
    CHECK(address.network().text() == "10.0.0.1/32");

    attributes = Run().address(IFA_ADDRESS, "10.0.0.2").address(IFA_LOCAL, "10.0.0.2");
    const auto plain = message(RTM_DELADDR, address_header(AF_INET, 24), attributes);
    CHECK_FALSE(translated_as<AddressRemoved>(plain).address.peer.has_value());
    CHECK(translated_as<AddressRemoved>(plain).address.network().text() == "10.0.0.0/24");
}

TEST_CASE("the flags of an IPv6 address say how far it may be used") {
    CHECK(address6(IFA_F_TENTATIVE).tentative);
    CHECK(address6(IFA_F_DADFAILED | IFA_F_PERMANENT).dad_failed);
    CHECK(address6(IFA_F_DEPRECATED).deprecated);
    CHECK(address6(IFA_F_TEMPORARY).temporary);
    CHECK(address6(IFA_F_MANAGETEMPADDR) == address6(0));  // a flag beyond eight bits
}

TEST_CASE("an optimistic address may be used before detection ends [RFC4429-3.1]") {
    CHECK_FALSE(address6(IFA_F_TENTATIVE | IFA_F_OPTIMISTIC).tentative);
}

TEST_CASE("a secondary IPv4 address is not a temporary one") {
    ifaddrmsg header = address_header(AF_INET, 24);
    header.ifa_flags = IFA_F_SECONDARY;
    const auto bytes = message(RTM_NEWADDR, header, Run().address(IFA_LOCAL, "10.0.0.2"));
    CHECK_FALSE(translated_as<AddressChanged>(bytes).address.temporary);
}

TEST_CASE("an address of another size than its family's, or none, is unreadable") {
    const auto header = address_header(AF_INET, 24);
    CHECK(is<Unreadable>(message(RTM_NEWADDR, header, Run().address(IFA_LOCAL, "2001:db8::2"))));
    CHECK(is<Unreadable>(message(RTM_NEWADDR, header, Run())));
    CHECK(is<Unreadable>(
        message(RTM_NEWADDR, address_header(AF_INET, 33), Run().address(IFA_LOCAL, "10.0.0.2"))));
}

TEST_CASE("a message cut in its fixed part is unreadable, cut elsewhere it is never over-read") {
    Run attributes = wlan0();
    attributes.attribute(IFLA_LINKINFO, Run().text(IFLA_INFO_KIND, "veth").bytes());
    const ike::Bytes whole = message(RTM_NEWLINK, link_header(2, well), attributes);
    for (std::size_t size = sizeof(nlmsghdr); size < whole.size(); ++size) {
        const Message said = translated(cut(whole, size));
        const bool has_name = size >= sizeof(nlmsghdr) + sizeof(ifinfomsg) + 4 + 6;
        CHECK(std::holds_alternative<Unreadable>(said) == !has_name);
    }
}

TEST_CASE("a number too short and a name without its end are unreadable") {
    const auto header = link_header(2, well);
    CHECK(is<Unreadable>(message(RTM_NEWLINK, header, wlan0().attribute(IFLA_MTU, {}))));
    const ike::Bytes name{'w', 'l', 'a', 'n'};
    CHECK(is<Unreadable>(message(RTM_NEWLINK, header, Run().attribute(IFLA_IFNAME, name))));
}

TEST_CASE("what is neither link, address, route nor nexthop object says nothing") {
    CHECK(is<Irrelevant>(message(NLMSG_DONE, 0, Run())));
    CHECK(is<Irrelevant>(message(RTM_NEWNEIGH, link_header(2, 0), Run())));
    CHECK(is<NextHopChanged>(message(RTM_DELNEXTHOP, link_header(2, 0), Run())));
}

TEST_CASE("a datagram hands on its whole messages and stops at one that is cut") {
    ike::Bytes datagram = message(RTM_NEWLINK, link_header(2, well), wlan0());
    const ike::Bytes second = message(RTM_NEWLINK, link_header(3, well), wlan0());
    datagram.insert(datagram.end(), second.begin(), second.end());
    std::size_t count = 0;
    const auto counting = [&count](const nlmsghdr&) { ++count; };
    for_each_message(datagram, counting);
    CHECK(count == 2);
    datagram.pop_back();
    for_each_message(datagram, counting);
    CHECK(count == 3);
}
