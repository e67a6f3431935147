// SPDX-License-Identifier: Apache-2.0
// The capture of ESP without a state, on the kernel's own ESP, without the rest of the plane.
#include "agent/dataplane/xfrm/inbound_capture.hpp"

#include "agent/dataplane/xfrm/socket_options.hpp"
#include "tests/agent/dataplane/xfrm/esp_keys.hpp"
#include "tests/agent/dataplane/xfrm/host_context.hpp"
#include "tests/agent/network_namespace.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace agent;
using namespace agent::test;
using namespace agent::xfrm;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;

constexpr const char* wifi = "192.0.2.1";
constexpr const char* cell = "198.51.100.1";
constexpr const char* ipv6 = "2001:db8::1";

/// A laptop that only receives: by states of the test's, which the capture moves.
class Receiver {
  public:
    Receiver() {
        if (!machine_) {
            return;
        }
        machine_.add_policies();
        host_.open();
        for (const auto& socket : host_.sockets->nat_t_sockets()) {
            REQUIRE(bypass_policies(socket->fd(), socket->family()).ok());
            REQUIRE(decapsulate_esp(*socket).ok());
        }
        capture.emplace(DataPlaneContext{*host_.loop, host_.log, *host_.sockets, host_.network});
    }

    explicit operator bool() { return static_cast<bool>(machine_); }

    /// A state that the kernel has, not yet told to the capture.
    InboundState& state_at(const char* local, bool udp = true) {
        auto child = child_sa(keys_, path_from(local), udp);
        states_.push_back(std::make_unique<Sa>(machine_.kernel(), std::move(child)));
        REQUIRE(states_.back()->state.put_in({path_from(local), udp}).ok());
        return states_.back()->state;
    }
    InboundState& receive_at(const char* local, bool udp = true) {
        InboundState& state = state_at(local, udp);
        capture->add(inbound_spi, state);
        return state;
    }
    void destroy(const InboundState& state) {
        std::erase_if(states_, [&](const auto& each) { return &each->state == &state; });
    }

    void come(const char* local, const std::string& text, bool udp = true) {
        come(local, seal(sealing_, text), udp);
    }
    void come(const char* local, ike::ByteView esp, bool udp = true) {
        machine_.receive(address(local), esp,
                         udp ? std::optional(Encapsulation{4500, 4500}) : std::nullopt);
    }
    ike::Bytes packet(const std::string& text) { return seal(sealing_, text); }
    /// The inner texts that have come in by now.
    Texts received() {
        for (int turns = 0; turns < 10; ++turns) {
            REQUIRE(host_.loop->run_once(1ms).ok());
        }
        return machine_.received();
    }
    /// The network takes it away.
    void lose_address(const char* local) {
        REQUIRE(run(std::string("ip addr del ") + local + "/24 dev wlan0"));
        std::erase_if(host_.network.addresses,
                      [&](const auto& each) { return each.address == address(local); });
    }

  private:
    struct Sa {
        Sa(XfrmSocket& kernel, ike::session::ChildSa made)
            : child(std::move(made)), state(kernel, child, {.reqid = reqid}) {}
        ike::session::ChildSa child;
        InboundState state;
    };

    EspMachine machine_;
    Keys keys_{gcm};
    ike::esp::OutboundSa sealing_ = keys_.outbound_sa({true, 0});
    HostContext host_;
    std::vector<std::unique_ptr<Sa>> states_;

  public:
    std::optional<InboundCapture> capture;
};

}  // namespace

TEST_CASE("packets that come before their state are kept and come in with it [RFC7296-2.8]") {
    Receiver receiver;
    if (!receiver) {
        return;
    }
    receiver.come(wifi, "before the SPI was allocated");
    receiver.capture->await(inbound_spi);
    receiver.come(wifi, "first");
    CHECK(receiver.received().empty());
    receiver.come(cell, "second", false);
    receiver.receive_at(wifi);
    receiver.come(wifi, "third");
    CHECK(receiver.received() == Texts{"first", "second", "third"});
}

TEST_CASE("packets by an expected path come in by the state of another, each copy of them once") {
    Receiver receiver;
    if (!receiver) {
        return;
    }
    const InboundState& state = receiver.receive_at(wifi);
    receiver.come(ipv6, "by a path that nobody expects");
    CHECK(receiver.received().empty());
    const auto outcome = receiver.capture->expect(path_from(ipv6), true);
    CHECK(outcome.lost.empty());
    CHECK_FALSE(outcome.left_address);
    const ike::Bytes packet = receiver.packet("as expected");
    for (const char* local : {ipv6, wifi, ipv6}) {
        receiver.come(local, packet);
        receiver.come(local, packet, false);
    }
    CHECK(receiver.received() == Texts{"as expected"});
    CHECK(state.way()->path == path_from(wifi));
}

TEST_CASE("an expected path counts as left when another is expected, not when it is again") {
    Receiver receiver;
    if (!receiver) {
        return;
    }
    receiver.receive_at(wifi);
    CHECK_FALSE(receiver.capture->expect(path_from(cell), true).left_address);
    CHECK_FALSE(receiver.capture->expect(path_from(cell), true).left_address);
    CHECK(receiver.capture->expect(path_from(ipv6), true).left_address);
    receiver.come(cell, "late");
    CHECK(receiver.received() == Texts{"late"});
}

TEST_CASE("states move, and what comes to the old address is taken until it is settled") {
    Receiver receiver;
    if (!receiver) {
        return;
    }
    const InboundState& state = receiver.receive_at(wifi);
    receiver.come(wifi, "before");
    const auto outcome = receiver.capture->move_to({path_from(cell), false});
    CHECK(outcome.lost.empty());
    CHECK(outcome.left_address);
    CHECK(state.way() == EncapsulatedPath{path_from(cell), false});
    receiver.come(wifi, "late, by the old path");
    CHECK(receiver.received() == Texts{"before", "late, by the old path"});
    receiver.capture->tidy();
    receiver.come(wifi, "too late");
    receiver.come(cell, "by the new path", false);
    receiver.come(cell, "in the other form");
    CHECK(receiver.received() == Texts{"by the new path", "in the other form"});
}

TEST_CASE("a move to where the states are leaves nothing") {
    Receiver receiver;
    if (!receiver) {
        return;
    }
    receiver.receive_at(wifi);
    CHECK_FALSE(receiver.capture->move_to({path_from(wifi), true}).left_address);
}

TEST_CASE("states leave an address that the network took, as soon as a path is expected") {
    Receiver receiver;
    if (!receiver) {
        return;
    }
    const InboundState& state = receiver.receive_at(cell);
    receiver.lose_address(cell);
    CHECK_FALSE(receiver.capture->network_changed(true).left_address);
    CHECK(state.way()->path == path_from(cell));
    CHECK(receiver.capture->expect(path_from(wifi), false).left_address);
    CHECK(state.way() == EncapsulatedPath{path_from(wifi), false});
    receiver.come(wifi, "to where the state is", false);
    CHECK(receiver.received() == Texts{"to where the state is"});
}

TEST_CASE("states leave an address when the network takes it, if a path is expected already") {
    Receiver receiver;
    if (!receiver) {
        return;
    }
    const InboundState& state = receiver.receive_at(cell);
    CHECK_FALSE(receiver.capture->expect(path_from(wifi), true).left_address);
    receiver.lose_address(cell);
    CHECK(receiver.capture->network_changed(true).left_address);
    CHECK(state.way() == EncapsulatedPath{path_from(wifi), true});
}

TEST_CASE("a state that the kernel has lost is told of by the move, once") {
    Receiver receiver;
    if (!receiver) {
        return;
    }
    receiver.receive_at(wifi);
    REQUIRE(run("ip xfrm state flush"));
    const auto outcome = receiver.capture->move_to({path_from(cell), true});
    REQUIRE(outcome.lost.size() == 1);
    CHECK(outcome.lost.front().inbound == inbound_spi);
    CHECK(receiver.capture->move_to({path_from(ipv6), true}).lost.empty());
}

TEST_CASE("a retired state receives where it is and does not move; a removed one is forgotten") {
    Receiver receiver;
    if (!receiver) {
        return;
    }
    const InboundState& state = receiver.receive_at(wifi);
    (void)receiver.capture->expect(path_from(cell), true);
    receiver.capture->retire(state);
    CHECK_FALSE(receiver.capture->move_to({path_from(cell), true}).left_address);
    CHECK(state.way()->path == path_from(wifi));
    receiver.come(cell, "in flight to it");
    CHECK(receiver.received() == Texts{"in flight to it"});
    receiver.capture->remove(state);
    receiver.destroy(state);
    receiver.come(cell, "of nobody");
    receiver.come(wifi, "of nobody");
    CHECK(receiver.received().empty());
}
