// SPDX-License-Identifier: Apache-2.0
#include "ike/esp/overhead.hpp"

#include "tests/ike/esp/esp_fixture.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::esp;
using namespace ike::esp::test;

namespace {

std::size_t outer_size(const crypto::CipherSuite& suite, const Outer& outer, std::size_t inner) {
    return (outer.family == Family::ipv4 ? 20U : 40U) + (outer.udp_encapsulated ? 8U : 0U) +
           packet_size(suite, inner);
}

}  // namespace

TEST_CASE("an inner packet of inner_mtu fits the outer MTU, and none larger does") {
    for (const auto& suite : suites) {
        for (const Outer outer : {Outer{Family::ipv4, true}, Outer{Family::ipv4, false},
                                  Outer{Family::ipv6, true}, Outer{Family::ipv6, false}}) {
            for (std::size_t mtu = 576; mtu < 1600; ++mtu) {
                const std::size_t inner = inner_mtu(suite, outer, mtu);
                REQUIRE(outer_size(suite, outer, inner) <= mtu);
                REQUIRE(outer_size(suite, outer, inner + 1) > mtu);
            }
        }
    }
}

TEST_CASE("known MTUs over Ethernet") {
    CHECK(inner_mtu(gcm_256, {Family::ipv4, true}, 1500) == 1438);
    CHECK(inner_mtu(gcm_256, {Family::ipv6, true}, 1500) == 1418);
    CHECK(inner_mtu(cbc_128, {Family::ipv4, true}, 1500) == 1422);
}

TEST_CASE("an outer MTU too small for anything leaves nothing") {
    for (const auto& suite : suites) {
        CHECK(inner_mtu(suite, {Family::ipv6, true}, 60) == 0);
        CHECK(inner_mtu(suite, {Family::ipv6, true}, 0) == 0);
    }
}
