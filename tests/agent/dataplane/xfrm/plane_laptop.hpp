// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/plane.hpp"
#include "agent/linux/kernel_ids.hpp"
#include "tests/agent/dataplane/xfrm/esp_keys.hpp"
#include "tests/agent/dataplane/xfrm/host_context.hpp"
#include "tests/agent/network_namespace.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace agent::test {

inline constexpr const char* wifi = "192.0.2.1";
inline constexpr const char* cell = "198.51.100.1";
inline constexpr const char* ipv6 = "2001:db8::1";

/// A laptop whose gateway is the test: what leaves is decrypted here, what comes in is made here.
class Laptop {
  public:
    Laptop() : keys_(test::gcm) {
        if (!machine_) {
            return;
        }
        host_.open();
        DataPlaneEvents events;
        events.first_inbound = [this](ike::ChildSpi, const ike::Path& path, auto) {
            heard_by.push_back(path.local.address.text());
        };
        events.ike_datagram = [](ike::ByteView, const ike::Path&) {};
        events.inbound_stopped = [this] { ++silences; };
        events.rekey_needed = [this](ike::ChildSpi spi) { rekeys.push_back(spi); };
        auto plane = xfrm::XfrmPlane::start({*host_.loop, host_.log, *host_.sockets, host_.network,
                                             first_table, std::chrono::hours(1)},
                                            std::move(events));
        REQUIRE_MESSAGE(plane.ok(), (plane ? "" : plane.error().text()));
        plane_ = std::move(*plane);
        const std::string device = plane_->device();
        REQUIRE(run("ip link set " + device + " up && ip route add 10.20.0.0/16 dev " + device +
                    " src 10.99.0.7"));
    }

    explicit operator bool() { return static_cast<bool>(machine_); }
    EspMachine& machine() { return machine_; }
    xfrm::XfrmPlane& plane() { return *plane_; }
    void end_plane() { plane_.reset(); }

    /// Lets the plane's timers and the kernel's events come, until it is so; at most five seconds.
    template <class Condition>
    bool wait_for(Condition condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
        while (!condition() && std::chrono::steady_clock::now() < deadline) {
            REQUIRE(host_.loop->run_once(std::chrono::milliseconds(10)).ok());
        }
        return condition();
    }

    void turn() { REQUIRE(host_.loop->run_once(std::chrono::milliseconds(1)).ok()); }

    static ike::Path path(const char* local) { return path_from(local); }

    void connect(const char* local, bool udp = true) {
        const auto installed = plane_->install(child_sa(local, udp), true);
        REQUIRE_MESSAGE(installed.ok(), (installed ? "" : installed.error().text()));
    }
    ike::session::ChildSa child_sa(const char* local, bool udp = true,
                                   ike::ChildSpi spi = inbound_spi) {
        return test::child_sa(keys_, path(local), udp, spi);
    }
    /// As the daemon does it when a better path was tested.
    void move(const char* local, bool udp = true) {
        plane_->expect(path(local));
        const auto moved = plane_->move(path(local), udp);
        CHECK_MESSAGE(moved.ok(), (moved ? "" : moved.error().text()));
    }

    /// As the daemon does it until it is known that a better path may be taken.
    void have_packets_wait(const char* local, bool udp = true,
                           ike::Duration most = std::chrono::seconds(10)) {
        plane_->expect(path(local));
        plane_->pause(path(local), udp, most);
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

    /// The network takes it away.
    void lose_address(const char* local) {
        REQUIRE(run(std::string("ip addr del ") + local +
                    (address(local).is_ipv4() ? "/24" : "/64") + " dev wlan0"));
        std::erase_if(host_.network.addresses,
                      [&](const auto& each) { return each.address == address(local); });
    }

    ike::Bytes from_gateway(std::string_view text) { return seal(sealing_, text); }
    /// Of another SA, its first packet the first of these.
    std::vector<ike::Bytes> from_gateway(ike::ChildSpi spi, const std::vector<std::string>& texts) {
        auto sealing = keys_.outbound_sa({true, 0}, spi);
        std::vector<ike::Bytes> packets;
        for (const std::string& text : texts) {
            packets.push_back(seal(sealing, text));
        }
        return packets;
    }
    void receive(const char* local, ike::ByteView esp, bool udp = true) {
        machine_.receive(address(local), esp,
                         udp ? std::optional(xfrm::Encapsulation{4500, 4500}) : std::nullopt);
    }

    /// The next so many inner texts that come in, of what was received before.
    std::vector<std::string> received(std::size_t count) {
        std::vector<std::string> texts;
        wait_for([&] {
            const auto more = machine_.received();
            texts.insert(texts.end(), more.begin(), more.end());
            return texts.size() >= count;
        });
        return texts;
    }

    std::size_t states() { return machine_.kernel().states()->size(); }

    std::vector<std::string> heard_by;
    std::vector<ike::ChildSpi> rekeys;
    int silences = 0;

  private:
    EspMachine machine_;
    Keys keys_;
    HostContext host_;
    std::unique_ptr<xfrm::XfrmPlane> plane_;
    ike::esp::InboundSa opening_ = keys_.inbound_sa({true, 0});
    ike::esp::OutboundSa sealing_ = keys_.outbound_sa({true, 0});
    std::set<std::pair<std::uint32_t, std::uint32_t>> numbers_;  // SPI, sequence number
};

/// With ESP in UDP and with bare ESP: a laptop that is connected by Wi-Fi.
template <class Test>
void in_both_forms(Test test) {
    for (const bool udp : {true, false}) {
        CAPTURE(udp);
        Laptop laptop;
        if (!laptop) {
            return;
        }
        laptop.connect(wifi, udp);
        test(laptop, udp);
    }
}

}  // namespace agent::test
