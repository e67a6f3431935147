// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/device.hpp"

#include "agent/linux/kernel_ids.hpp"
#include "agent/routing/tunnel_routes.hpp"
#include "tests/agent/killed_run.hpp"
#include "tests/agent/network_namespace.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

using namespace agent;
using namespace agent::test;
using agent::xfrm::XfrmDevice;

namespace {

/// Whether this kernel makes devices of the kind, tried on one that is gone at once.
bool kernel_has(const std::string& kind) {
    const bool made = run("ip link add probe type " + kind + " 2>/dev/null");
    return made && run("ip link del probe");
}

const std::string xfrm_kind = "xfrm if_id 1";

/// False, and a line that says so: this test wants another kernel.
bool have(const std::string& kind) {
    const bool has = kernel_has(kind);
    if (!has) {
        MESSAGE("skipped: this kernel has no device of the kind ", kind);
    }
    return has;
}

std::string details(const std::string& device) {
    return output_of("ip -d link show " + device);
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string devices() {
    return output_of("ip -o link show | grep -o ' roamd[0-9]*:'");
}

void leave_device(std::uint32_t number) {
    leave_by_killed_run([&] {
        static auto device = XfrmDevice::create(number);
        return device.ok();
    });
}

}  // namespace

TEST_CASE("a tunnel's device has the first free name and goes with its owner") {
    REQUIRE(enter_network_namespace());
    {
        const auto first = XfrmDevice::create(first_table);
        const auto second = XfrmDevice::create(first_table + 1);
        REQUIRE_MESSAGE(first.ok(), (first ? "" : first.error().text()));
        REQUIRE(second.ok());
        CHECK(first->name() == "roamd0");
        CHECK(second->name() == "roamd1");
        CHECK(first->index() == *Rtnetlink::open()->device("roamd0"));
        CHECK(contains(details("roamd0"), "group 29280"));
        CHECK(contains(details("roamd1"), "group 29281"));
    }
    CHECK(devices().empty());
}

TEST_CASE("a tunnel's device is an XFRM interface where the kernel has them") {
    REQUIRE(enter_network_namespace());
    if (!have(xfrm_kind)) {
        return;
    }
    const auto device = XfrmDevice::create(first_table + 2);
    REQUIRE(device.ok());
    CHECK(device->has_if_id());
    CHECK(contains(details("roamd0"), "xfrm if_id 0x7262"));
}

TEST_CASE("a tunnel's device is a dummy where the kernel has no XFRM interface") {
    REQUIRE(enter_network_namespace());
    if (kernel_has(xfrm_kind) || !have("dummy")) {
        return;
    }
    const auto device = XfrmDevice::create(first_table);
    REQUIRE(device.ok());
    CHECK_FALSE(device->has_if_id());
    CHECK(contains(details("roamd0"), "dummy"));
}

TEST_CASE("a tunnel's device is a TUN device where the kernel has neither") {
    REQUIRE(enter_network_namespace());
    if (kernel_has(xfrm_kind) || kernel_has("dummy")) {
        MESSAGE("skipped: this kernel has a better kind");
        return;
    }
    const auto device = XfrmDevice::create(first_table);
    REQUIRE(device.ok());
    CHECK_FALSE(device->has_if_id());
    CHECK(contains(details("roamd0"), "tun type tun"));
}

TEST_CASE("a tunnel's device takes addresses and routes of both families") {
    REQUIRE(enter_network_namespace());
    const auto device = XfrmDevice::create(first_table);
    REQUIRE(device.ok());
    TunnelNetwork network;
    network.device = device->name();
    network.addresses = {*ike::IpAddress::parse("10.99.0.7"), *ike::IpAddress::parse("fd99::7")};
    network.destinations = {*ike::Prefix::parse("10.20.0.0/16"), *ike::Prefix::parse("fd20::/64")};
    Routes routes(first_table);
    const auto applied = routes.apply(network);
    REQUIRE_MESSAGE(applied.ok(), (applied ? "" : applied.error().text()));
    CHECK(contains(output_of("ip route get 10.20.3.4"), "dev roamd0"));
    CHECK(contains(output_of("ip route get fd20::4"), "dev roamd0"));
    CHECK_FALSE(contains(output_of("ip addr show roamd0"), "fe80"));
}

TEST_CASE("the device that a killed run left for a tunnel is taken over as it is") {
    REQUIRE(enter_network_namespace());
    leave_device(first_table + 1);
    leave_device(first_table);
    REQUIRE(run("ip addr add 10.99.0.7/32 dev roamd1 && ip link set roamd1 up"));
    REQUIRE(run("ip route add 10.20.0.0/16 dev roamd1 table 29280 proto 114"));
    const auto device = XfrmDevice::create(first_table);
    REQUIRE_MESSAGE(device.ok(), (device ? "" : device.error().text()));
    CHECK(device->name() == "roamd1");
    CHECK(contains(output_of("ip addr show roamd1"), "10.99.0.7"));
    CHECK(contains(output_of("ip route show table 29280"), "10.20.0.0/16"));
}

TEST_CASE("a device of anybody else is neither taken over nor taken away") {
    REQUIRE(enter_network_namespace());
    REQUIRE(run("ip tuntap add roamd0 mode tun"));                                // no group
    REQUIRE(run("ip tuntap add vpn0 mode tun && ip link set vpn0 group 29280"));  // no name
    REQUIRE(run("ip link add roamd1 type bridge && ip link set roamd1 group 29280"));
    {
        const auto device = XfrmDevice::create(first_table);
        REQUIRE(device.ok());
        CHECK(device->name() == "roamd2");
    }
    CHECK(devices() == " roamd0:\n roamd1:\n");
    CHECK(run("ip link show vpn0 >/dev/null"));
    CHECK(Rtnetlink::open()->devices()->empty());
}

TEST_CASE("an XFRM interface of anybody else with the tunnel's if_id is left alone") {
    REQUIRE(enter_network_namespace());
    if (!have(xfrm_kind)) {
        return;
    }
    REQUIRE(run("ip link add ipsec0 type xfrm if_id 29280"));
    const auto device = XfrmDevice::create(first_table);
    REQUIRE(device.ok());
    CHECK_FALSE(device->has_if_id());
    CHECK(run("ip link show ipsec0 >/dev/null"));
}

TEST_CASE("a tunnel's device that somebody deleted is made anew, a renamed one has its new name") {
    REQUIRE(enter_network_namespace());
    auto device = XfrmDevice::create(first_table);
    REQUIRE(device.ok());
    CHECK(*device->restore() == false);
    REQUIRE(run("ip link del roamd0"));
    const auto before = device->index();
    REQUIRE(*device->restore() == true);
    CHECK(device->name() == "roamd0");
    CHECK(device->index() != before);
    CHECK(*device->restore() == false);
    REQUIRE(run("ip link set roamd0 name office"));
    CHECK(*device->restore() == true);
    CHECK(device->name() == "office");
}
