// SPDX-License-Identifier: Apache-2.0
#include "agent/path/standby_paths.hpp"

#include <doctest/doctest.h>

using namespace agent;
using ike::IpAddress;
using ike::session::AddressPair;

namespace {

AddressPair to(const char* gateway, std::uint32_t interface) {
    return {{interface}, {}, *IpAddress::parse(gateway)};
}

const IpAddress gateway = *IpAddress::parse("2001:db8::1");

/// A device with a default route, and an address for each of these texts.
void connect(netwatch::Snapshot& snapshot, std::uint32_t index, std::uint32_t metric,
             std::initializer_list<const char*> addresses) {
    netwatch::Link link;
    link.index = {index};
    link.name = "wlan" + std::to_string(index);
    link.up = link.running = true;
    snapshot.links.push_back(link);
    netwatch::Route route;
    route.metric = metric;
    route.out = {index};
    for (const char* text : addresses) {
        netwatch::Address address;
        address.interface = {index};
        address.address = *IpAddress::parse(text);
        address.prefix_length = address.address.is_ipv4() ? 24 : 64;
        snapshot.addresses.push_back(address);
        route.destination = {IpAddress::any(address.address.family()), 0};
        snapshot.routes.push_back(route);
    }
}

std::vector<std::string> locals(const std::vector<AddressPair>& paths) {
    std::vector<std::string> texts;
    for (const AddressPair& path : paths) {
        texts.push_back(path.local.text());
    }
    return texts;
}

}  // namespace

TEST_CASE(
    "each address of a device is a way; another device comes before its second network, that "
    "before more of the first") {
    netwatch::Snapshot snapshot;
    connect(snapshot, 1, 600, {"2001:db8:1::23", "2001:db8:1::24", "2001:db8:11::23"});
    connect(snapshot, 2, 700, {"2001:db8:2::8"});
    CHECK(locals(standby_paths(snapshot, {gateway}, {})) ==
          std::vector<std::string>{"2001:db8:1::23", "2001:db8:2::8", "2001:db8:11::23",
                                   "2001:db8:1::24"});
}

TEST_CASE("two IPv4 addresses of one network are two ways") {
    netwatch::Snapshot snapshot;
    connect(snapshot, 1, 600, {"192.168.1.23", "192.168.1.57"});
    CHECK(locals(standby_paths(snapshot, {*IpAddress::parse("203.0.113.10")}, {})) ==
          std::vector<std::string>{"192.168.1.23", "192.168.1.57"});
}

TEST_CASE("of the ways to ask for a gateway those of the family in use come first, else in order") {
    std::vector<AddressPair> paths{to("2001:db8::1", 2), to("192.0.2.1", 2), to("192.0.2.1", 3),
                                   to("2001:db8::1", 3), to("192.0.2.2", 2)};
    same_family_first(paths, ike::Family::ipv4);
    CHECK(paths == std::vector<AddressPair>{to("192.0.2.1", 2), to("192.0.2.1", 3),
                                            to("192.0.2.2", 2), to("2001:db8::1", 2),
                                            to("2001:db8::1", 3)});
}

TEST_CASE("a network that leads to many addresses of the gateway is one network") {
    CHECK(interfaces_of({to("203.0.113.10", 3), to("203.0.113.10", 2), to("10.20.0.1", 3),
                         to("2001:db8::10", 3)}) == std::vector<ike::InterfaceIndex>{{2}, {3}});
    CHECK(interfaces_of({}).empty());
}

TEST_CASE(
    "of two devices of one metric the metered one comes last, to each address of the gateway") {
    netwatch::Snapshot snapshot;
    connect(snapshot, 1, 600, {"192.168.1.23"});
    connect(snapshot, 2, 600, {"192.168.2.23"});
    snapshot.managed.running = true;
    netwatch::ManagedDevice metered;
    metered.interface = "wlan1";
    metered.metered = true;
    snapshot.managed.devices = {metered};
    CHECK(locals(standby_paths(
              snapshot, {*IpAddress::parse("203.0.113.10"), *IpAddress::parse("203.0.113.11")},
              {})) ==
          std::vector<std::string>{"192.168.2.23", "192.168.2.23", "192.168.1.23", "192.168.1.23"});
}
