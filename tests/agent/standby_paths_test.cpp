// SPDX-License-Identifier: Apache-2.0
#include "agent/standby_paths.hpp"

#include <doctest/doctest.h>

using namespace agent;
using ike::IpAddress;
using ike::session::AddressPair;

namespace {

AddressPair to(const char* gateway, std::uint32_t interface) {
    return {{interface}, {}, *IpAddress::parse(gateway)};
}

}  // namespace

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
