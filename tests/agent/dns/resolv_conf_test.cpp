// SPDX-License-Identifier: Apache-2.0
#include "agent/dns/resolv_conf.hpp"

#include <doctest/doctest.h>

using namespace agent;

namespace {

NameServer server(const char* address, const char* zone = "") {
    return {*ike::IpAddress::parse(address), zone};
}

}  // namespace

TEST_CASE("the name servers of a resolv.conf are taken in their order, each once") {
    const auto found = parse_name_servers(
        "# made by hand\nsearch example.org\nnameserver 192.0.2.53\nnameserver\t2001:db8::53 \n"
        "nameserver 192.0.2.53\noptions edns0\n");
    CHECK(found == std::vector{server("192.0.2.53"), server("2001:db8::53")});
}

TEST_CASE(
    "a server with a zone is asked by the link of that name, or of that number, alone "
    "[RFC4007-11]") {
    CHECK(parse_name_servers("nameserver fe80::1%wlan0\nnameserver fe80::1%3\n") ==
          std::vector{server("fe80::1", "wlan0"), server("fe80::1", "3")});
    for (const char* zone : {"wlan0", "3"}) {
        CHECK(server("fe80::1", zone).is_asked_by({3}, "wlan0"));
        CHECK_FALSE(server("fe80::1", zone).is_asked_by({33}, "wlan"));
    }
    CHECK_FALSE(server("fe80::1", "gone0").is_asked_by({3}, "wlan0"));
    CHECK_FALSE(server("fe80::1", "03x").is_asked_by({3}, "wlan0"));
}

TEST_CASE("a server without a zone, or with an empty one, is asked by every link") {
    for (const char* line : {"nameserver fe80::1\n", "nameserver fe80::1%\n"}) {
        const auto found = parse_name_servers(line);
        REQUIRE(found.size() == 1);
        CHECK(found.front().is_asked_by({7}, "wwan0"));
    }
}

TEST_CASE(
    "a comment behind an address is none of it; an address with a port is none, as for the C "
    "library") {
    CHECK(parse_name_servers("nameserver 192.0.2.53#dns.example.org\n"
                             "nameserver fe80::1%2;the router\nnameserver 192.0.2.54 # old\n"
                             "nameserver 192.0.2.55:53\nnameserver [2001:db8::53]:53\n") ==
          std::vector{server("192.0.2.53"), server("fe80::1", "2"), server("192.0.2.54")});
}

TEST_CASE("a server on this machine, and what is no address, is left out") {
    CHECK(parse_name_servers("nameserver 127.0.0.53\nnameserver ::1\nnameserver dns\nnameserver\n"
                             "#nameserver 192.0.2.53\n")
              .empty());
}

TEST_CASE("there are never more than a handful") {
    std::string many;
    for (int number = 1; number < 100; ++number) {
        many += "nameserver 192.0.2." + std::to_string(number) + "\n";
    }
    CHECK(parse_name_servers(many).size() == max_name_servers);
}
