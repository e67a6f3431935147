// SPDX-License-Identifier: Apache-2.0
#include "agent/resolv_conf.hpp"

#include <doctest/doctest.h>

using namespace agent;

namespace {

NameServer server(const char* address, const char* link = "") {
    return {*ike::IpAddress::parse(address), link};
}

}  // namespace

TEST_CASE("the name servers of a resolv.conf are taken in their order, each once") {
    const auto found = parse_name_servers(
        "# made by hand\nsearch example.org\nnameserver 192.0.2.53\nnameserver\t2001:db8::53 \n"
        "nameserver 192.0.2.53\noptions edns0\n");
    CHECK(found == std::vector{server("192.0.2.53"), server("2001:db8::53")});
}

TEST_CASE("a server of link scope keeps its link") {
    CHECK(parse_name_servers("nameserver fe80::1%wlan0\n") ==
          std::vector{server("fe80::1", "wlan0")});
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
