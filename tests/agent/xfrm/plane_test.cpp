// SPDX-License-Identifier: Apache-2.0
// The whole plane on the kernel's own ESP, its uplink in the test's hand.
#include "agent/xfrm/plane.hpp"

#include "agent/kernel_numbers.hpp"
#include "netwatch/monitor.hpp"
#include "tests/agent/network_namespace.hpp"
#include "tests/agent/xfrm/esp_keys.hpp"

#include <doctest/doctest.h>

#include <net/if.h>

#include <set>

using namespace agent;
using namespace agent::test;
using namespace std::chrono_literals;
using ike::Family;

namespace {

constexpr const char* wifi = "192.0.2.1";
constexpr const char* cell = "198.51.100.1";
constexpr const char* ipv6 = "2001:db8::1";

/// A laptop whose gateway is the test: what leaves is decrypted here, what comes in is made here.
class Laptop {
  public:
    Laptop() : keys_(test::gcm) {
        if (!machine_) {
            return;
        }
        auto loop = EventLoop::create();
        REQUIRE(loop.ok());
        loop_ = std::move(*loop);
        auto sockets = TunnelSockets::open({}, log_);
        REQUIRE(sockets.ok());
        sockets_ = std::make_unique<TunnelSockets>(std::move(*sockets));
        auto monitor = netwatch::Monitor::open(log_);
        REQUIRE(monitor.ok());
        network_ = monitor->snapshot();
        DataPlaneEvents events;
        events.first_inbound = [this](ike::ChildSpi, const ike::Path& path, auto) {
            heard_by.push_back(path.local.address.text());
        };
        events.ike_datagram = [](ike::ByteView, const ike::Path&) {};
        events.nothing_comes_in = [this] { ++silences; };
        events.rekey_needed = [this](ike::ChildSpi spi) { rekeys.push_back(spi); };
        auto plane = xfrm::XfrmPlane::start({*loop_, log_, *sockets_, network_, first_table, 1h},
                                            std::move(events));
        REQUIRE_MESSAGE(plane.ok(), (plane ? "" : plane.error().text()));
        plane_ = std::move(*plane);
    }

    explicit operator bool() { return static_cast<bool>(machine_); }
    EspMachine& machine() { return machine_; }
    xfrm::XfrmPlane& plane() { return *plane_; }
    void end_plane() { plane_.reset(); }

    /// Lets the plane's timers and the kernel's events come, until it is so; at most five seconds.
    template <class Condition>
    bool wait_for(Condition condition) {
        const auto deadline = std::chrono::steady_clock::now() + 5s;
        while (!condition() && std::chrono::steady_clock::now() < deadline) {
            REQUIRE(loop_->run_once(10ms).ok());
        }
        return condition();
    }

    static ike::Path path(const char* local) {
        const bool is_ipv6 = address(local).is_ipv6();
        return {uplink(),
                {address(local), 4500},
                {address(is_ipv6 ? "2001:db8:9::9" : "203.0.113.9"), 4500}};
    }

    void connect(const char* local, bool udp = true) {
        const auto installed = plane_->install(child_sa(local, udp), true);
        REQUIRE_MESSAGE(installed.ok(), (installed ? "" : installed.error().text()));
    }
    ike::session::ChildSa child_sa(const char* local, bool udp = true) {
        ike::session::ChildSa sa;
        sa.inbound = half(inbound_spi);
        sa.outbound = half(outbound_spi);
        sa.cipher = keys_.cipher;
        sa.esn = true;
        sa.local_selectors = {selector("10.99.0.7")};
        sa.remote_selectors = {selector("10.20.0.0/16")};
        sa.path = path(local);
        sa.udp_encapsulated = udp;
        return sa;
    }
    /// As the daemon does it when a better path was tested.
    void move(const char* local, bool udp = true) {
        plane_->expect(path(local));
        const auto moved = plane_->move(path(local), udp);
        CHECK_MESSAGE(moved.ok(), (moved ? "" : moved.error().text()));
    }

    /// As the daemon does it until it is known that a better path may be taken.
    void have_packets_wait(const char* local, bool udp = true, ike::Duration most = 10s) {
        plane_->expect(path(local));
        plane_->wait_for(path(local), udp, most);
    }

    /// Sends so many and gives the sequence numbers they had; none twice, or the test fails.
    std::vector<OuterPacket> send(int count) {
        for (int sent = 0; sent < count; ++sent) {
            machine_.send("to the gateway");
        }
        auto packets = machine_.sent();
        for (const OuterPacket& packet : packets) {
            CHECK_MESSAGE(numbers_.insert({ike::Reader(packet.esp).u32(), number(packet)}).second,
                          "a number was used twice: ", number(packet));
        }
        return packets;
    }
    static std::uint32_t number(const OuterPacket& packet) {
        ike::Reader reader(packet.esp);
        reader.u32();
        return reader.u32();
    }
    [[nodiscard]] std::string decrypted(const OuterPacket& packet) {
        return open(opening_, packet.esp);
    }

    ike::Bytes from_gateway(std::string_view text) { return seal(sealing_, text); }
    void receive(const char* local, ike::ByteView esp, bool udp = true) {
        machine_.receive(address(local), esp,
                         udp ? std::optional(xfrm::Encapsulation{4500, 4500}) : std::nullopt);
    }

    std::size_t states() { return machine_.kernel().states()->size(); }

    std::vector<std::string> heard_by;
    std::vector<ike::ChildSpi> rekeys;
    int silences = 0;

  private:
    static ike::InterfaceIndex uplink() { return {::if_nametoindex("wlan0")}; }
    static ike::wire::TrafficSelector selector(const char* prefix) {
        return ike::wire::TrafficSelector::from(ike::Prefix::parse(prefix).value());
    }
    ike::session::EspSa half(ike::ChildSpi spi) {
        return {.spi = spi,
                .encryption_key = ike::crypto::SecretBytes::copy_of(keys_.encryption),
                .integrity_key = ike::crypto::SecretBytes::copy_of(keys_.integrity)};
    }

    EspMachine machine_;
    Keys keys_;
    ike::NullLog log_;
    std::optional<EventLoop> loop_;
    std::unique_ptr<TunnelSockets> sockets_;
    netwatch::Snapshot network_;
    std::unique_ptr<xfrm::XfrmPlane> plane_;
    ike::esp::InboundSa opening_ = keys_.inbound_sa({true, 0});
    ike::esp::OutboundSa sealing_ = keys_.outbound_sa({true, 0});
    std::set<std::pair<std::uint32_t, std::uint32_t>> numbers_;  // SPI, sequence number
};

}  // namespace

TEST_CASE("a Child SA in the kernel carries packets both ways, in UDP and bare") {
    for (const bool udp : {true, false}) {
        CAPTURE(udp);
        Laptop laptop;
        if (!laptop) {
            return;
        }
        laptop.connect(wifi, udp);
        const auto sent = laptop.send(3);
        REQUIRE(sent.size() == 3);
        CHECK(sent[0].encapsulation.has_value() == udp);
        CHECK(laptop.decrypted(sent[0]) == "to the gateway");
        laptop.receive(wifi, laptop.from_gateway("to the laptop"), udp);
        CHECK(laptop.machine().received() == std::vector<std::string>{"to the laptop"});
        const Traffic traffic = laptop.plane().traffic();
        CHECK(traffic.packets_out == 3);
        CHECK(traffic.packets_in == 1);
    }
}

TEST_CASE(
    "a hundred moves repeat no sequence number, whatever family and encapsulation they go to") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    const std::array<const char*, 3> locals{cell, ipv6, wifi};
    for (int moves = 0; moves < 100; ++moves) {
        CHECK(laptop.send(5).size() == 5);
        laptop.move(locals[static_cast<std::size_t>(moves) % 3], moves % 4 != 0);
    }
    const auto last = laptop.send(5);
    REQUIRE(last.size() == 5);
    CHECK(laptop.decrypted(last[0]) == "to the gateway");
    CHECK(laptop.plane().traffic().packets_out == 505);
}

TEST_CASE("packets leave from the new address at once, and are taken by both paths for a while") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    laptop.move(cell);
    const auto sent = laptop.send(1);
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].source == address(cell));
    laptop.receive(wifi, laptop.from_gateway("late, by the old path"));
    laptop.receive(cell, laptop.from_gateway("by the new path"));
    CHECK(laptop.machine().received() ==
          std::vector<std::string>{"late, by the old path", "by the new path"});
    CHECK(laptop.wait_for([&] { return laptop.states() == 2; }));  // one in, one out
    laptop.receive(wifi, laptop.from_gateway("too late"));
    CHECK(laptop.machine().received().empty());
}

TEST_CASE("what came in by the old path is not taken again by the new one") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    const auto before = laptop.from_gateway("before the move");
    laptop.receive(wifi, before);
    laptop.move(cell);
    const auto during = laptop.from_gateway("in flight");
    laptop.receive(wifi, during);
    CHECK(laptop.machine().received().size() == 2);
    laptop.receive(cell, before);
    CHECK(laptop.machine().received().empty());
    CHECK(laptop.wait_for([&] { return laptop.states() == 2; }));
    laptop.receive(cell, during);
    CHECK(laptop.machine().received().empty());
    laptop.receive(cell, laptop.from_gateway("fresh"));
    CHECK(laptop.machine().received() == std::vector<std::string>{"fresh"});
    CHECK(laptop.plane().traffic().packets_in == 3);
}

TEST_CASE("the new path takes nothing that the gateway sent before it knew of that") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    const auto slow = laptop.from_gateway("overtaken");
    laptop.receive(wifi, laptop.from_gateway("before the move"));
    laptop.move(cell);
    laptop.receive(cell, slow);
    CHECK(laptop.machine().received() == std::vector<std::string>{"before the move"});
    laptop.receive(wifi, slow);
    CHECK(laptop.machine().received() == std::vector<std::string>{"overtaken"});
    CHECK(laptop.wait_for([&] { return laptop.states() == 2; }));
    CHECK(laptop.plane().traffic().taken_twice == 0);
}

TEST_CASE("each further path takes nothing that had come in by any other before") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi, false);
    laptop.plane().expect(Laptop::path(cell));
    const auto came = laptop.from_gateway("by Wi-Fi, while cellular was tested");
    laptop.receive(wifi, came, false);
    CHECK(laptop.machine().received().size() == 1);
    laptop.plane().expect(Laptop::path(ipv6));
    laptop.receive(ipv6, came, false);
    CHECK(laptop.machine().received().empty());
    laptop.receive(ipv6, laptop.from_gateway("fresh"), false);
    CHECK(laptop.machine().received() == std::vector<std::string>{"fresh"});
}

TEST_CASE("a packet that somebody copies to the other path while both are open is counted") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    laptop.move(cell);
    const auto copied = laptop.from_gateway("in flight");
    laptop.receive(wifi, copied);
    laptop.receive(cell, copied);
    laptop.receive(cell, laptop.from_gateway("by the new path"));
    CHECK(laptop.wait_for([&] { return laptop.states() == 2; }));
    CHECK(laptop.plane().traffic().taken_twice == 1);
    laptop.move(wifi);
    laptop.receive(cell, laptop.from_gateway("late"));
    laptop.receive(wifi, laptop.from_gateway("by Wi-Fi again"));
    CHECK(laptop.wait_for([&] { return laptop.states() == 2; }));
    CHECK(laptop.plane().traffic().taken_twice == 1);
}

TEST_CASE("to and fro before the old path is drained, nothing is taken twice or lost") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    laptop.move(cell);
    const auto by_cell = laptop.from_gateway("by cellular");
    laptop.receive(cell, by_cell);
    laptop.move(wifi);
    laptop.receive(wifi, by_cell);
    laptop.receive(wifi, laptop.from_gateway("by Wi-Fi again"));
    CHECK(laptop.machine().received() == std::vector<std::string>{"by cellular", "by Wi-Fi again"});
}

TEST_CASE("packets wait for a better path in their order, and leave by it; none waits for ever") {
    for (const bool udp : {true, false}) {
        Laptop laptop;
        if (!laptop) {
            return;
        }
        laptop.connect(wifi, udp);
        REQUIRE(laptop.send(1).size() == 1);
        laptop.have_packets_wait(cell, udp);
        CHECK(laptop.send(20).empty());
        const char* taken = cell;
        SUBCASE("it is taken") {
            laptop.move(cell, udp);
        }
        SUBCASE("it is not taken") {
            laptop.plane().go_on();
            taken = wifi;
        }
        const auto waited = laptop.send(0);
        REQUIRE(waited.size() == 20);
        for (std::size_t index = 0; index < waited.size(); ++index) {
            CHECK(waited[index].source == address(cell));  // they bear their addresses already
            CHECK(laptop.decrypted(waited[index]) == "to the gateway");
            CHECK(
                (index == 0 || Laptop::number(waited[index]) > Laptop::number(waited[index - 1])));
        }
        const auto after = laptop.send(1);
        REQUIRE(after.size() == 1);
        CHECK(after[0].source == address(taken));
        CHECK(Laptop::number(after[0]) > Laptop::number(waited.back()));
    }
}

TEST_CASE("packets that waited leave in UDP or bare, as the gateway wants it in the end") {
    for (const bool udp : {true, false}) {
        Laptop laptop;
        if (!laptop) {
            return;
        }
        laptop.connect(wifi, udp);
        laptop.have_packets_wait(cell, udp);
        CHECK(laptop.send(3).empty());
        laptop.move(cell, !udp);
        const auto waited = laptop.send(1);
        REQUIRE(waited.size() == 4);
        for (const OuterPacket& packet : waited) {
            CHECK(packet.source == address(cell));
            CHECK(packet.encapsulation.has_value() == !udp);
            CHECK(laptop.decrypted(packet) == "to the gateway");
        }
    }
}

TEST_CASE("two thousand packets wait, and none is lost") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    REQUIRE(run("ip link set wlan0 txqueuelen 5000"));
    laptop.connect(wifi);
    laptop.have_packets_wait(cell);
    CHECK(laptop.send(2000).empty());
    laptop.move(cell);
    CHECK(laptop.send(0).size() == 2000);
}

TEST_CASE("what comes by the old path is taken while packets wait for long") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    laptop.have_packets_wait(cell);
    const auto longer_than_old_paths_are_kept = std::chrono::steady_clock::now() + 1500ms;
    CHECK(laptop.wait_for(
        [&] { return std::chrono::steady_clock::now() > longer_than_old_paths_are_kept; }));
    laptop.receive(wifi, laptop.from_gateway("by the old path"));
    CHECK(laptop.machine().received() == std::vector<std::string>{"by the old path"});
}

TEST_CASE("a tunnel that holds while packets wait for a path sends none of them in clear") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    laptop.have_packets_wait(cell);
    CHECK(laptop.send(5).empty());
    laptop.plane().hold();
    const auto waited = laptop.send(5);
    CHECK(waited.size() == 5);  // those that waited; the others have no way
    for (const OuterPacket& packet : waited) {
        CHECK(laptop.decrypted(packet) == "to the gateway");
    }
    laptop.move(wifi);
    const auto after = laptop.send(1);
    REQUIRE(after.size() == 1);
    CHECK(after[0].source == address(wifi));
}

TEST_CASE("who waits twice in a row waits for the second path, too") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    for (const char* to : {cell, wifi, cell}) {
        laptop.have_packets_wait(to);
        CHECK(laptop.send(2).empty());
        laptop.move(to);
        const auto waited = laptop.send(0);
        REQUIRE(waited.size() == 2);
        CHECK(waited[0].source == address(to));
    }
}

TEST_CASE("who waits for a path that nobody speaks of any more goes on by the present one") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    laptop.have_packets_wait(cell, true, 50ms);
    CHECK(laptop.send(5).empty());
    CHECK(laptop.wait_for([&] {
        const auto sent = laptop.send(1);
        return !sent.empty() && sent.back().source == address(wifi);
    }));
}

TEST_CASE("the first authentic packet by a path is told of, a forged one is not") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    laptop.receive(wifi, laptop.from_gateway("first"));
    CHECK(laptop.wait_for([&] { return laptop.heard_by.size() == 1; }));
    laptop.move(cell);
    auto forged = laptop.from_gateway("forged");
    forged.back() ^= 1U;
    laptop.receive(cell, forged);
    laptop.receive(cell, laptop.from_gateway("by the new path"));
    laptop.receive(cell, laptop.from_gateway("and one more"));
    CHECK(laptop.wait_for([&] { return laptop.heard_by.size() == 2; }));
    CHECK(laptop.heard_by == std::vector<std::string>{wifi, cell});
    CHECK(laptop.plane().traffic().unauthentic == 1);
}

TEST_CASE("packets that nothing answers are told of, those that are answered are not") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    const auto send_for = [&](std::chrono::milliseconds duration, bool answered) {
        const auto until = std::chrono::steady_clock::now() + duration;
        laptop.wait_for([&] {
            laptop.send(1);
            if (answered) {
                laptop.receive(wifi, laptop.from_gateway("answer"));
            }
            return laptop.silences > 0 || std::chrono::steady_clock::now() > until;
        });
    };
    send_for(600ms, true);
    CHECK(laptop.silences == 0);
    send_for(2s, false);
    CHECK(laptop.silences == 1);
}

TEST_CASE("while held nothing leaves, in clear or protected; afterwards the numbers go on") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    CHECK(laptop.send(4).size() == 4);
    laptop.plane().hold();
    CHECK(laptop.send(4).empty());
    laptop.move(wifi);
    const auto sent = laptop.send(2);
    REQUIRE(sent.size() == 2);
    CHECK(Laptop::number(sent[0]) == 5);
}

TEST_CASE("a rekeyed SA is received by at once and sent by when it is switched to") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    auto fresh = laptop.child_sa(wifi);
    fresh.inbound.spi = {0x1a1b0002};
    fresh.outbound.spi = {0x2a2b0002};
    REQUIRE(laptop.plane().install(std::move(fresh), false).ok());
    auto sent = laptop.send(1);
    REQUIRE(sent.size() == 1);
    CHECK(ike::Reader(sent[0].esp).u32() == outbound_spi.value);
    laptop.plane().switch_to({0x1a1b0002});
    sent = laptop.send(1);
    REQUIRE(sent.size() == 1);
    CHECK(ike::Reader(sent[0].esp).u32() == 0x2a2b0002);
    laptop.plane().remove(inbound_spi);
    CHECK(laptop.wait_for([&] { return laptop.states() == 2; }));
    CHECK(laptop.plane().traffic().packets_out == 2);
}

TEST_CASE("the first SA of another session sends by its own path, not by that of the last one") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    CHECK(laptop.send(1).at(0).source == address(wifi));
    laptop.plane().remove(inbound_spi);
    CHECK(laptop.send(1).empty());
    laptop.plane().expect(Laptop::path(cell));
    auto fresh = laptop.child_sa(cell);
    fresh.inbound.spi = {0x1a1b0002};
    fresh.outbound.spi = {0x2a2b0002};
    REQUIRE(laptop.plane().install(std::move(fresh), true).ok());
    const auto sent = laptop.send(1);
    REQUIRE(sent.size() == 1);
    CHECK(ike::Reader(sent[0].esp).u32() == 0x2a2b0002);
    CHECK(sent[0].source == address(cell));
}

TEST_CASE("an SA that the kernel has lost is rekeyed, not sent by from number one again") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    REQUIRE(run("ip xfrm state flush"));
    CHECK(laptop.send(2).empty());
    laptop.plane().expect(Laptop::path(cell));
    CHECK_FALSE(laptop.plane().move(Laptop::path(cell), true).ok());
    CHECK(laptop.wait_for([&] { return !laptop.rekeys.empty(); }));
    CHECK(laptop.rekeys.front() == inbound_spi);
    CHECK(laptop.send(2).empty());
}

TEST_CASE(
    "an SA that somebody removes from the kernel is rekeyed when there is something to send") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    CHECK(laptop.send(2).size() == 2);
    REQUIRE(run("ip xfrm state flush"));
    CHECK(laptop.send(1).empty());
    CHECK(laptop.wait_for([&] { return !laptop.rekeys.empty(); }));
    CHECK(laptop.rekeys == std::vector{inbound_spi});
    laptop.plane().expect(Laptop::path(cell));
    CHECK_FALSE(laptop.plane().move(Laptop::path(cell), true).ok());  // its numbers are not known
    CHECK(laptop.send(1).empty());
}

TEST_CASE("an SA that the kernel lost while held sends nothing more: its numbers are not known") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    CHECK(laptop.send(3).size() == 3);
    REQUIRE(run("ip xfrm state flush"));
    laptop.plane().hold();
    for (const char* local : {wifi, cell, wifi}) {
        laptop.plane().expect(Laptop::path(local));
        CHECK_FALSE(laptop.plane().move(Laptop::path(local), true).ok());
        CHECK(laptop.send(2).empty());
    }
    CHECK(laptop.wait_for([&] { return !laptop.rekeys.empty(); }));
}

TEST_CASE("a path that was expected and not taken is no longer received by") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    laptop.plane().expect(Laptop::path(cell));
    CHECK(laptop.states() == 3);
    laptop.plane().expect(Laptop::path(wifi));
    CHECK(laptop.wait_for([&] { return laptop.states() == 2; }));
    laptop.receive(wifi, laptop.from_gateway("as before"));
    CHECK(laptop.machine().received() == std::vector<std::string>{"as before"});
}

TEST_CASE("nothing of the plane is left behind it, and nothing of others is taken away") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    REQUIRE(
        run("ip xfrm state add src 192.0.2.1 dst 203.0.113.77 proto esp spi 0x99 mode tunnel "
            "reqid 1 aead 'rfc4106(gcm(aes))' 0x" +
            std::string(40, 'a') + " 128"));
    REQUIRE(
        run("ip xfrm policy add src 10.77.0.0/24 dst 10.78.0.0/24 dir out tmpl src 192.0.2.1 "
            "dst 203.0.113.77 proto esp reqid 1 mode tunnel"));
    const std::string before = output_of("ip xfrm policy; ip xfrm state | grep -A1 src; ip rule");
    laptop.connect(wifi);
    laptop.move(cell);
    laptop.end_plane();
    CHECK(output_of("ip xfrm policy; ip xfrm state | grep -A1 src; ip rule") == before);
    CHECK(output_of("ip -o link").find("roamd") == std::string::npos);
}

TEST_CASE("a moved SA is as old as it was, so that it ends in time if nobody rekeys it") {
    Laptop laptop;
    if (!laptop) {
        return;
    }
    laptop.connect(wifi);
    const auto added = [&] {
        std::set<std::uint64_t> times;
        for (const auto& state : *laptop.machine().kernel().states()) {
            times.insert(state.usage.added);
        }
        return times;
    };
    const auto before = added();
    REQUIRE(before.size() == 1);
    const auto next_second = std::chrono::system_clock::now() + 1100ms;
    REQUIRE(laptop.wait_for([&] { return std::chrono::system_clock::now() > next_second; }));
    laptop.move(cell);
    CHECK(added() == before);
    CHECK(output_of("ip -s xfrm state").find("expire add: soft 0(sec), hard 10800(sec)") !=
          std::string::npos);
}
