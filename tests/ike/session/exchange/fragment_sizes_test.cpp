// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/fragment_sizes.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::session;

namespace {

Path path(const char* local, const char* remote) {
    return {InterfaceIndex{3}, {*IpAddress::parse(local), 4500}, {*IpAddress::parse(remote), 4500}};
}

const Path ipv4 = path("10.1.0.2", "192.0.2.1");
const Path ipv6 = path("2001:db8::2", "2001:db8::1");
const Datagrams large{Bytes(1000, 0)};

}  // namespace

TEST_CASE("a path begins with IP datagrams of 1280 bytes [RFC7383-2.5.1, RFC8200-5]") {
    const FragmentSizes sizes;
    CHECK(sizes.largest(ipv4) == 1280 - 20 - 8 - 4);
    CHECK(sizes.largest(ipv6) == 1280 - 40 - 8 - 4);
}

TEST_CASE("a path that swallows a large request gets IP datagrams of 576 [RFC7383-2.5.2]") {
    FragmentSizes sizes;
    sizes.on_silence(ipv4, large);
    CHECK(sizes.largest(ipv4) == 576 - 20 - 8 - 4);
    CHECK(sizes.largest(ipv4) == FragmentSizes::smallest(ipv4));
    CHECK(sizes.largest(ipv6) == 1228);
}

TEST_CASE("silence after a small request says nothing of sizes") {
    FragmentSizes sizes;
    sizes.on_silence(ipv4, {Bytes(544, 0)});
    CHECK(sizes.largest(ipv4) == 1248);
}

TEST_CASE("only so many small paths are remembered, the newest") {
    FragmentSizes sizes;
    for (int host = 1; host <= 100; ++host) {
        sizes.on_silence(path(("10.1.0." + std::to_string(host)).c_str(), "192.0.2.1"), large);
    }
    CHECK(sizes.largest(path("10.1.0.1", "192.0.2.1")) == 1248);
    CHECK(sizes.largest(path("10.1.0.100", "192.0.2.1")) == 544);
}
