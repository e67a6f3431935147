// SPDX-License-Identifier: Apache-2.0
#include "ike/session/mobike/gateway_addresses.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::session;
using wire::NotifyType;

namespace {

IpAddress address(const char* text) {
    return *IpAddress::parse(text);
}

std::vector<IpAddress> addresses(std::initializer_list<const char*> texts) {
    std::vector<IpAddress> all;
    for (const char* text : texts) {
        all.push_back(address(text));
    }
    return all;
}

const IpAddress gateway = address("192.0.2.1");

}  // namespace

TEST_CASE("the address in the IP header belongs to the set [RFC4555-3.6]") {
    CHECK_FALSE(announced_addresses({}, gateway));
    const std::vector<wire::Payload> none{
        wire::NotifyPayload{.type = NotifyType::no_additional_addresses, .data = {}, .spi = {}}};
    CHECK(announced_addresses(none, gateway) == std::vector{gateway});
    const std::vector<wire::Payload> two{wire::additional_address(address("192.0.2.2")),
                                         wire::additional_address(address("2001:db8::2"))};
    CHECK(announced_addresses(two, gateway) ==
          addresses({"192.0.2.1", "192.0.2.2", "2001:db8::2"}));
}

TEST_CASE("an address of the wrong size is none, and the others count [RFC4555-4.2.2]") {
    wire::NotifyPayload odd = wire::additional_address(address("192.0.2.2"));
    odd.data.pop_back();
    wire::NotifyPayload wrong_type = wire::additional_address(address("192.0.2.3"));
    wrong_type.type = NotifyType::additional_ip6_address;
    const std::vector<wire::Payload> payloads{odd, wrong_type,
                                              wire::additional_address(address("192.0.2.4"))};
    CHECK(announced_addresses(payloads, gateway) == addresses({"192.0.2.1", "192.0.2.4"}));
}

TEST_CASE("what can be no address of a gateway is left out [RFC4555-3.4]") {
    const auto announced = addresses({"192.0.2.1", "0.0.0.0", "0.1.2.3", "127.0.0.1", "169.254.1.1",
                                      "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1",
                                      "fe80::1", "ff02::1", "192.0.2.2", "2001:db8::2"});
    CHECK(outer_addresses(announced, {}, gateway) ==
          addresses({"192.0.2.1", "192.0.2.2", "2001:db8::2"}));
}

TEST_CASE("nothing that is reached through the tunnel is a way to the gateway [RFC4555-3.4]") {
    const auto announced = addresses({"192.0.2.1", "10.20.0.1", "10.21.0.1", "fd20::1"});
    const std::vector inside{wire::TrafficSelector::from(*Prefix::parse("10.20.0.0/16")),
                             wire::TrafficSelector::from(*Prefix::parse("fd20::/64"))};
    CHECK(outer_addresses(announced, inside, gateway) == addresses({"192.0.2.1", "10.21.0.1"}));
    const std::vector everything{wire::TrafficSelector::from(*Prefix::parse("0.0.0.0/0")),
                                 wire::TrafficSelector::from(*Prefix::parse("::/0"))};
    CHECK(outer_addresses(announced, everything, gateway) == announced);
}

TEST_CASE("as many as are kept, none twice; where the message came from stays [RFC4555-3.4]") {
    std::vector<IpAddress> announced{address("10.20.0.1")};
    for (std::uint32_t number = 0; number < 1000; ++number) {
        const Bytes bytes = Writer().u32(0xc0000200U + number / 2).release();
        announced.push_back(*IpAddress::from_bytes(bytes));
    }
    const std::vector inside{wire::TrafficSelector::from(*Prefix::parse("10.20.0.0/16"))};
    const auto kept = outer_addresses(announced, inside, address("10.20.0.1"));
    CHECK(kept.size() == max_additional_addresses);
    CHECK(kept.front() == address("10.20.0.1"));
    CHECK(kept.back() == address("192.0.2.14"));
}

TEST_CASE("what we tell: all but the address in the header, or that there is none [RFC4555-3.6]") {
    const auto told =
        announcement(addresses({"10.1.0.2", "10.2.0.2", "2001:db8:1::2"}), address("10.1.0.2"));
    REQUIRE(told.size() == 2);
    CHECK(std::get<wire::NotifyPayload>(told[0]) == wire::additional_address(address("10.2.0.2")));
    CHECK(std::get<wire::NotifyPayload>(told[1]) ==
          wire::additional_address(address("2001:db8:1::2")));
    const auto none = announcement(addresses({"10.1.0.2"}), address("10.1.0.2"));
    REQUIRE(none.size() == 1);
    CHECK(std::get<wire::NotifyPayload>(none[0]).type == NotifyType::no_additional_addresses);
    CHECK(std::get<wire::NotifyPayload>(none[0]).data.empty());
}
