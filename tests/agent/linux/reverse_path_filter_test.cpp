// SPDX-License-Identifier: Apache-2.0
#include "agent/linux/reverse_path_filter.hpp"

#include "agent/linux/device_sysctls.hpp"
#include "tests/agent/network_namespace.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace agent::test;

namespace {

void set_rp_filter(const std::string& interface, int value) {
    REQUIRE(run("echo " + std::to_string(value) + " >/proc/sys/net/ipv4/conf/" + interface +
                "/rp_filter"));
}

/// A new interface with each pair of values for all and of its own.
template <class Check>
void with_each_filter(const std::string& interface, Check check) {
    REQUIRE(enter_network_namespace());
    REQUIRE(run("ip link add " + interface + " type bridge"));
    for (int all = 0; all <= 2; ++all) {
        for (int own = 0; own <= 2; ++own) {
            CAPTURE(all);
            CAPTURE(own);
            set_rp_filter("all", all);
            set_rp_filter(interface, own);
            check(all, own);
        }
    }
}

}  // namespace

TEST_CASE("reverse path filtering is strict when the larger of all and the uplink's own is 1") {
    with_each_filter("wwan0", [](int all, int own) {
        CHECK(strict_reverse_path("wwan0").has_value() == (std::max(all, own) == 1));
    });
}

TEST_CASE("what is said about strict reverse path filtering helps when it is done") {
    REQUIRE(enter_network_namespace());
    REQUIRE(run("ip link add wwan0.7 type bridge"));
    set_rp_filter("all", 1);
    const auto said = strict_reverse_path("wwan0.7");
    REQUIRE(said);
    CHECK(said->find("wwan0.7") != std::string::npos);
    const auto command = said->substr(said->rfind("set ") + 4);
    CHECK(command == "net.ipv4.conf.wwan0/7.rp_filter=2");
    REQUIRE(run("sysctl -qw " + command));
    CHECK_FALSE(strict_reverse_path("wwan0.7"));
}

TEST_CASE("an uplink that is gone has no strict reverse path filtering") {
    REQUIRE(enter_network_namespace());
    set_rp_filter("all", 0);
    CHECK_FALSE(strict_reverse_path("wwan0"));
}

TEST_CASE("a device of ours is filtered loosely at most, whatever is set for all") {
    with_each_filter("ours0", [](int, int) {
        CHECK(loosen_reverse_path("ours0"));
        CHECK_FALSE(strict_reverse_path("ours0"));
    });
}
