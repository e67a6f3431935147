// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/stale_states.hpp"

#include "agent/linux/kernel_ids.hpp"
#include "tests/agent/network_namespace.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace agent::test;
using agent::xfrm::remove_stale_states;

namespace {

const std::string between = "src 192.0.2.9 dst 203.0.113.10 proto esp ";

/// Adds one; false, and a line that says so: this kernel has no ESP.
bool add_state(const std::string& details) {
    const bool added = run("ip xfrm state add " + between + details +
                           " mode tunnel aead 'rfc4106(gcm(aes))' "
                           "0x0102030405060708090a0b0c0d0e0f1011121314 128 2>/dev/null");
    if (!added) {
        MESSAGE("skipped: this kernel has no ESP");
    }
    return added;
}

void add_policy(const std::string& to, const std::string& priority, const std::string& more) {
    REQUIRE(run("ip xfrm policy add src 10.99.0.7 dst " + to + " dir out priority " + priority +
                " " + more));
}

std::string by_reqid(int reqid) {
    return "tmpl " + between + "reqid " + std::to_string(reqid) + " mode tunnel";
}

int count(const std::string& what) {
    return std::stoi(output_of("ip xfrm " + what + " list | grep -c '^src '"));
}

}  // namespace

TEST_CASE("policies with a tunnel's number and device are removed, those of others stay") {
    REQUIRE(enter_network_namespace());
    add_policy("10.20.0.0/16", "20000", by_reqid(29280));
    add_policy("10.27.0.0/16", "20000", by_reqid(0x17260));                 // its second Child SA's
    add_policy("10.21.0.0/16", "20000", by_reqid(29281));                   // without device
    add_policy("10.22.0.0/16", "371327", by_reqid(1));                      // strongSwan's
    add_policy("10.23.0.0/16", "1753281", by_reqid(16385));                 // libreswan's
    add_policy("10.24.0.0/16", "20000", by_reqid(29280) + " if_id 29281");  // ours
    add_policy("10.25.0.0/16", "20000", by_reqid(29280) + " if_id 42");
    add_policy("10.26.0.0/16", "20000", "action block");

    const auto found = remove_stale_states({first_table});
    REQUIRE_MESSAGE(found.ok(), (found ? "" : found.error().text()));
    CHECK(found->policies == 3);
    CHECK(count("policy") == 5);
    const std::string left = output_of("ip xfrm policy list");
    CHECK(left.find("10.20.0.0") == std::string::npos);
    CHECK(left.find("10.24.0.0") == std::string::npos);
    CHECK(left.find("10.27.0.0") == std::string::npos);
    CHECK(remove_stale_states({first_table})->policies == 0);
}

TEST_CASE("states with a tunnel's number and device are removed, those of others stay") {
    REQUIRE(enter_network_namespace());
    if (!add_state("spi 0x1001 reqid 29280 output-mark 0x726f616d")) {
        return;
    }
    REQUIRE(add_state("spi 0x1002 reqid 29281"));           // without device
    REQUIRE(add_state("spi 0x1003 reqid 1"));               // strongSwan's
    REQUIRE(add_state("spi 0x1004 reqid 29280 if_id 42"));  // somebody's interface
    REQUIRE(add_state("spi 0x1005 reqid 7 if_id 29343"));   // of ours
    REQUIRE(add_state("spi 0x1006 reqid 29280 mark 1"));    // we look up by no mark
    const std::string larval = "src 192.0.2.9 dst 203.0.113.10 proto esp reqid 29280 mode tunnel";
    REQUIRE(run("ip xfrm state allocspi " + larval + " min 4096 max 8192 >/dev/null"));

    const auto found = remove_stale_states({first_table});
    REQUIRE_MESSAGE(found.ok(), (found ? "" : found.error().text()));
    CHECK(found->states == 3);
    CHECK(count("state") == 4);
    CHECK(remove_stale_states({first_table})->states == 0);
}
