// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/event_socket.hpp"
#include "agent/dataplane/xfrm/socket.hpp"
#include "tests/agent/dataplane/xfrm/kernel_bytes.hpp"
#include "tests/agent/network_namespace.hpp"

#include <doctest/doctest.h>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

using namespace agent::xfrm;
using namespace agent::test;

namespace {

XfrmSocket socket_in_own_namespace() {
    REQUIRE(enter_network_namespace());
    auto socket = XfrmSocket::open();
    REQUIRE_MESSAGE(socket.ok(), (socket ? "" : socket.error().text()));
    return std::move(*socket);
}

Template by_tunnel(const char* local, const char* gateway) {
    return {address(local), address(gateway), {0x1234}, 5};
}

Policy out_policy() {
    return {{{prefix("10.99.0.7"), prefix("10.20.0.0/16"), 17, 68, 0xffff, 0x1200, 0xff00},
             Direction::out,
             7},
            0x1000,
            by_tunnel("192.0.2.1", "203.0.113.9")};
}

std::vector<Policy> all_kinds() {
    return {out_policy(),
            {{{prefix("fd99::7"), prefix("fd20::/64")}, Direction::out, 0},
             1,
             by_tunnel("192.0.2.1", "203.0.113.9")},
            {{{prefix("10.20.0.0/16"), prefix("10.99.0.7")}, Direction::in, 0},
             2,
             Template{address("::"), address("::"), {}, 5}},
            {{{prefix("0.0.0.0/0"), prefix("0.0.0.0/0")}, Direction::forward, 0}, 3, std::nullopt}};
}

void add_uplink() {
    REQUIRE(run("ip link add wlan0 type bridge && ip link set wlan0 up"));
    REQUIRE(run("ip addr add 10.99.0.7/16 dev wlan0 && ip route add default via 10.99.0.1"));
}

/// A policy whose states are missing.
PolicyKey protect(XfrmSocket& socket, const std::string& host, std::uint32_t reqid) {
    Policy policy = out_policy();
    policy.key = {{prefix("10.99.0.7"), prefix(host.c_str())}, Direction::out, 0};
    policy.protect_by = Template{address("192.0.2.1"), address("203.0.113.9"), {}, reqid};
    REQUIRE(socket.request(new_policy(policy)).ok());
    return policy.key;
}

void send_in_clear(const std::string& host) {
    (void)output_of("bash -c 'echo hello > /dev/udp/" + host + "/53'");
}

}  // namespace

TEST_CASE("policies are listed as they were added") {
    XfrmSocket socket = socket_in_own_namespace();
    for (const Policy& policy : all_kinds()) {
        REQUIRE(socket.request(new_policy(policy)).ok());
    }
    const auto listed = socket.policies();
    REQUIRE(listed.ok());
    CHECK(listed->size() == all_kinds().size());
    for (const Policy& policy : all_kinds()) {
        CHECK(std::ranges::count(*listed, policy) == 1);
    }
}

TEST_CASE("iproute2 reads the same policy") {
    XfrmSocket socket = socket_in_own_namespace();
    REQUIRE(socket.request(new_policy(out_policy())).ok());
    const std::string shown = output_of("ip -s xfrm policy");
    for (const std::string part :
         {"src 10.99.0.7/32 dst 10.20.0.0/16 ", "proto udp sport 68 dport 4608",
          "dir out action allow", "priority 4096", "tmpl src 192.0.2.1 dst 203.0.113.9",
          "proto esp spi 0x00001234", "reqid 5(0x00000005)", "mode tunnel", "level required",
          "limit: soft (INF)(packets), hard (INF)(packets)", "auth-mask ffffffff", "if_id 0x7"}) {
        CHECK_MESSAGE(shown.find(part) != std::string::npos, part, " in ", shown);
    }
}

TEST_CASE("a policy is replaced, and deleted by its key") {
    XfrmSocket socket = socket_in_own_namespace();
    Policy policy = out_policy();
    REQUIRE(socket.request(new_policy(policy)).ok());
    const auto twice = socket.request(new_policy(policy));
    REQUIRE_FALSE(twice.ok());
    CHECK(twice.error().code == EEXIST);

    policy.protect_by.reset();
    policy.priority = 1;
    REQUIRE(socket.request(update_policy(policy)).ok());
    CHECK(*socket.policies() == std::vector{policy});

    PolicyKey of_another_interface = policy.key;
    of_another_interface.if_id = 8;
    CHECK_FALSE(socket.request(delete_policy(of_another_interface)).ok());
    REQUIRE(socket.request(delete_policy(policy.key)).ok());
    CHECK(socket.policies()->empty());
}

TEST_CASE("a batch is one datagram, and has an outcome for each of its messages") {
    XfrmSocket socket = socket_in_own_namespace();
    const Policy policy = out_policy();
    std::vector<Message> messages;
    messages.push_back(new_policy(policy));
    messages.push_back(new_policy(policy));
    messages.push_back(delete_policy(policy.key));
    messages.push_back(delete_policy(policy.key));
    messages.push_back(new_policy(policy));
    const auto outcomes = socket.batch(messages);
    REQUIRE(outcomes.size() == 5);
    CHECK(outcomes[0].ok());
    CHECK(outcomes[1].error().code == EEXIST);
    CHECK(outcomes[2].ok());
    CHECK(outcomes[3].error().code == ENOENT);
    CHECK(outcomes[3].error().what == messages[3].what);
    CHECK(outcomes[4].ok());
    CHECK(*socket.policies() == std::vector{policy});
    CHECK(socket.batch({}).empty());
}

TEST_CASE("more policies than a datagram holds are listed all") {
    XfrmSocket socket = socket_in_own_namespace();
    for (std::uint32_t batch = 0; batch < 4; ++batch) {
        std::vector<Message> messages;
        for (std::uint32_t number = 1; number <= 200; ++number) {
            Policy policy = out_policy();
            policy.key.if_id = batch * 1000 + number;
            messages.push_back(new_policy(policy));
        }
        const auto outcomes = socket.batch(messages);
        CHECK(std::ranges::all_of(outcomes, [](const auto& outcome) { return outcome.ok(); }));
    }
    CHECK(socket.policies()->size() == 800);
}

TEST_CASE("the kernel says in its own words what is wrong with a policy") {
    XfrmSocket socket = socket_in_own_namespace();
    Policy policy = out_policy();
    policy.key.selector.destination.length = 33;
    const auto refused = socket.request(new_policy(policy));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == EINVAL);
    CHECK(refused.error().what.find("add the out policy from 10.99.0.7/32 to 10.20.0.0/33") == 0);
}

TEST_CASE("a packet that a policy wants protected is held back and announced") {
    XfrmSocket socket = socket_in_own_namespace();
    auto events = EventSocket::open(5);
    REQUIRE(events.ok());
    CHECK(events->take().empty());
    add_uplink();
    const PolicyKey key = protect(socket, "10.20.0.1", 5);

    send_in_clear("10.20.0.1");
    const std::vector<Event> heard = events->take();
    REQUIRE(heard.size() == 1);
    const auto* acquire = std::get_if<Acquire>(&heard.front());
    REQUIRE(acquire != nullptr);
    CHECK(acquire->policy == key);
    CHECK(acquire->packet.destination == prefix("10.20.0.1"));
    CHECK(acquire->packet.destination_port == 53);
}

TEST_CASE("events that the kernel had no room for are told as an overrun") {
    XfrmSocket socket = socket_in_own_namespace();
    auto events = EventSocket::open(5);
    REQUIRE(events.ok());
    const int least = 1;  // the kernel makes it a few packets
    REQUIRE(::setsockopt(events->fd(), SOL_SOCKET, SO_RCVBUF, &least, sizeof least) == 0);
    add_uplink();

    for (std::uint32_t number = 1; number <= 20; ++number) {
        const std::string host = "10.20.0." + std::to_string(number);
        protect(socket, host, number);
        send_in_clear(host);
    }
    const std::vector<Event> heard = events->take();
    CHECK(heard.size() < 20);
    CHECK(std::ranges::count(heard, Event(Overrun{})) == 1);
}
