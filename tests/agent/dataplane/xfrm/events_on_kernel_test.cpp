// SPDX-License-Identifier: Apache-2.0
#include "tests/agent/dataplane/xfrm/esp_keys.hpp"

#include <doctest/doctest.h>
#include <linux/udp.h>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

using namespace agent::xfrm;
using namespace agent::test;

namespace {

/// RFC 3948: the kernel takes ESP out of what comes in by it.
netwatch::Fd encapsulation_socket() {
    netwatch::Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_port = htons(4500);
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0);
    const int type = UDP_ENCAP_ESPINUDP;
    REQUIRE(::setsockopt(fd.get(), IPPROTO_UDP, UDP_ENCAP, &type, sizeof type) == 0);
    return fd;
}

}  // namespace

TEST_CASE("replay events come with each packet while they are wanted, of one tunnel's states") {
    HeardMachine machine;
    if (!machine) {
        return;
    }
    auto events_of_another = EventSocket::open(reqid + 1);
    REQUIRE(events_of_another.ok());
    Keys keys(gcm);
    State state = inbound(keys);
    state.replay_event_after = 1;
    machine.request(new_state(state));
    auto sealing = keys.outbound_sa({true, 0});
    machine.receive(address("192.0.2.1"), seal(sealing, "heard"));
    const auto heard = only<ReplayEvent>(machine.events().take());
    REQUIRE(heard.size() == 1);
    CHECK(heard.front().state == state.key);
    CHECK(heard.front().replay.received == 1);

    machine.request(set_replay_event(state.key, 0));
    machine.receive(address("192.0.2.1"), seal(sealing, "no event wanted"));
    CHECK(machine.events().take().empty());
    machine.request(set_replay_event(state.key, 1));
    machine.receive(address("192.0.2.1"), seal(sealing, "heard again"));
    CHECK(only<ReplayEvent>(machine.events().take()).size() == 1);
    CHECK(events_of_another->take().empty());
    CHECK(machine.received().size() == 3);
}

TEST_CASE("a state that wants it tells in the course of time that packets go through it") {
    HeardMachine machine;
    if (!machine) {
        return;
    }
    const Keys keys(gcm);
    State state = outbound(keys);
    state.replay_event_every = 1;
    machine.request(new_state(state));
    for (std::uint64_t packets = 1; packets <= 3; ++packets) {
        machine.send();
        pollfd waiting{machine.events().fd(), POLLIN, 0};
        REQUIRE(::poll(&waiting, 1, 5000) == 1);
        const auto heard = only<ReplayEvent>(machine.events().take());
        REQUIRE(heard.size() == 1);
        CHECK(heard.front().state == state.key);
        CHECK(heard.front().replay.sent == packets);
    }
    pollfd waiting{machine.events().fd(), POLLIN, 0};
    CHECK(::poll(&waiting, 1, 500) == 0);  // nothing sent, nothing told
}

TEST_CASE("a gateway whose port moved is told with each packet until the state has the new port") {
    HeardMachine machine;
    if (!machine) {
        return;
    }
    const netwatch::Fd encapsulating = encapsulation_socket();
    Keys keys(gcm);
    State state = inbound(keys);
    state.encapsulation = {4500, 4500};
    machine.request(new_state(state));
    auto sealing = keys.outbound_sa({true, 0});
    const ike::IpAddress local = address("192.0.2.1");
    machine.receive(local, seal(sealing, "as agreed"), Encapsulation{4500, 4500});
    CHECK(machine.events().take().empty());

    const Mapping moved{state.key, {address("203.0.113.9"), 40000}};
    for (const char* text : {"moved", "still there"}) {
        machine.receive(local, seal(sealing, text), Encapsulation{40000, 4500});
        CHECK(only<Mapping>(machine.events().take()) == std::vector{moved});
    }
    state.encapsulation = {40000, 4500};
    machine.request(update_state(state));
    machine.receive(local, seal(sealing, "known"), Encapsulation{40000, 4500});
    CHECK(machine.events().take().empty());
    CHECK(machine.received().size() == 4);
    CHECK(machine.state(state.key).replay.received == 4);
}

TEST_CASE("a new state takes the place of what stood in for it while packets waited") {
    HeardMachine machine;
    if (!machine) {
        return;
    }
    machine.send("held back");
    CHECK(only<Acquire>(machine.events().take()).size() == 1);
    CHECK(machine.kernel().states()->size() == 1);

    const Keys keys(gcm);
    machine.request(new_state(outbound(keys)));
    CHECK(machine.kernel().states()->size() == 1);
    CHECK(machine.send());
    CHECK(machine.sent().size() == 1);
}
