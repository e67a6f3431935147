// SPDX-License-Identifier: Apache-2.0
#include "tests/agent/dataplane/xfrm/kernel_bytes.hpp"

#include <doctest/doctest.h>

using namespace agent::xfrm;
using namespace agent::test;

namespace {

PolicyKey udp_key() {
    return {.selector = {.source = prefix("10.99.0.7"),
                         .destination = prefix("10.20.0.0/16"),
                         .protocol = 17,
                         .source_port = 68,
                         .source_port_mask = 0xffff,
                         .destination_port = 0x1200,
                         .destination_port_mask = 0xff00},
            .direction = Direction::out,
            .if_id = 7};
}

const std::string udp_selector = ipv4_field("0a140000") +  // daddr
                                 ipv4_field("0a630007") +  // saddr
                                 "1200 ff00 0044 ffff"     // dport, its mask, sport, its mask
                                 "0200 10 20 11 000000" +  // family, prefixlen_d, _s, proto
                                 zeros(8);                 // ifindex, user

/// xfrm_userpolicy_info behind its selector.
std::string rest_of_policy(const char* priority, const char* direction, const char* action) {
    return "ffffffffffffffff ffffffffffffffff"    // lft: bytes
           "ffffffffffffffff ffffffffffffffff" +  // packets
           zeros(32) +
           zeros(32) +                    // seconds; curlft
           priority + "00000000" +        // index
           direction + action + "0000" +  // flags, share
           "00000000";
}

}  // namespace

TEST_CASE("a policy that protects is written byte for byte") {
    const Policy policy{udp_key(), 0x1000,
                        Template{address("192.0.2.1"), address("203.0.113.9"), {0x1234}, 5}};
    const std::string body = udp_selector + rest_of_policy("00100000", "01", "00") +
                             "4400 0500" +                 // XFRMA_TMPL
                             ipv4_field("cb007109") +      // id.daddr
                             "00001234 32 000000"          // id.spi, id.proto
                             "0200 0000" +                 // family
                             ipv4_field("c0000201") +      // saddr
                             "05000000 01 00 00 00"        // reqid, mode: tunnel, share, optional
                             "ffffffff ffffffff ffffffff"  // aalgos, ealgos, calgos
                             "0800 1f00 07000000";         // XFRMA_IF_ID
    CHECK(bytes_of(new_policy(policy)) ==
          plain("04010000 1300 0500 00000000 00000000" + body));  // REQUEST ACK
    CHECK(bytes_of(update_policy(policy)) == plain("04010000 1900 0500 00000000 00000000" + body));
    CHECK(new_policy(policy).what == "add the out policy from 10.99.0.7/32 to 10.20.0.0/16");
}

TEST_CASE("a policy without a template throws packets away") {
    const Policy policy{
        {{prefix("::/0"), prefix("fd20::/64")}, Direction::forward, 0}, 9, std::nullopt};
    CHECK(bytes_of(new_policy(policy)) ==
          plain("b8000000 1300 0500 00000000 00000000"
                "fd200000000000000000000000000000"   // daddr
                + zeros(16) + zeros(8) +             // saddr, ports
                "0a00 40 00 00 000000" + zeros(8) +  // family: AF_INET6
                rest_of_policy("09000000", "02", "01")));
}

TEST_CASE("the outer family of a policy may be another than its inner one") {
    const Policy policy{{{prefix("10.0.0.0/8"), prefix("0.0.0.0/0")}, Direction::in, 0},
                        1,
                        Template{address("2001:db8::9"), address("2001:db8::1"), {}, 1}};
    const std::string bytes = bytes_of(new_policy(policy));
    CHECK(bytes.substr(2 * (16 + 40), 4) == "0200");  // sel.family
    CHECK(bytes.substr(2 * (16 + 168 + 4)) ==
          plain("20010db8000000000000000000000001 00000000 32 000000 0a00 0000"
                "20010db8000000000000000000000009 01000000 01 00 00 00"
                "ffffffff ffffffff ffffffff"));
}

TEST_CASE("a policy is named by selector, direction and interface to be deleted") {
    const Message message = delete_policy(udp_key());
    CHECK(bytes_of(message) == plain("58000000 1400 0500 00000000 00000000" + udp_selector +
                                     "00000000 01 000000"     // index, dir
                                     "0800 1f00 07000000"));  // XFRMA_IF_ID
    CHECK(message.what == "delete the out policy from 10.99.0.7/32 to 10.20.0.0/16");
}

TEST_CASE("policies are listed") {
    CHECK(bytes_of(dump_policies()) == plain("10000000 1500 0103 00000000 00000000"));
}
