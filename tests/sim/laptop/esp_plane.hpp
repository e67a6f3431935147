// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/scheduler.hpp"
#include "agent/dataplane/data_plane.hpp"
#include "agent/dataplane/inbound_watch.hpp"
#include "ike/esp/outbound_sa.hpp"
#include "tests/sim/world/esp_tag.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sim {

/// Which of the two real planes it behaves like.
enum class PlaneKind : std::uint8_t { tun, xfrm };

/// Where ESP packets go, and what is wrong.
struct EspOutlets {
    std::function<void(const ike::Path& path, bool in_udp, const EspTag& packet)> send;
    std::function<void(std::string)> violated;
};

/// The laptop's data plane: keeps the contract of agent/data_plane.hpp, and says where the tunnel
/// breaks it. Packets leave with the SPI and the sequence number that ike/esp gives them.
class EspPlane final : public agent::DataPlane {
  public:
    EspPlane(agent::Scheduler& scheduler, ike::crypto::Random& random, PlaneKind kind,
             agent::DataPlaneEvents events, EspOutlets outlets);

    struct Sa {
        ike::ChildSpi inbound;
        ike::ChildSpi outbound;
        std::uint64_t key_in = 0;
        std::uint64_t key_out = 0;
        ike::esp::OutboundSa out;
        std::size_t policy = 0;
        std::vector<ike::wire::TrafficSelector> local_selectors;
        std::vector<ike::wire::TrafficSelector> remote_selectors;
        std::vector<ike::Path> known_paths;  // that it has received by
        std::optional<ike::Instant> removed;
    };

    ike::ChildSpi allocate_spi() override;
    ike::Result<void, agent::SystemError> install(ike::session::ChildSa sa, bool send) override;
    void switch_to(ike::ChildSpi inbound) override;
    void expect(const ike::Path& path) override;
    ike::Result<void, agent::SystemError> move(const ike::Path& path, bool udp) override;
    void pause(const ike::Path& path, bool udp, ike::Duration most) override;
    void resume() override;
    void network_changed() override {}
    ike::Result<void, agent::SystemError> restore() override;
    void hold() override;
    void remove(ike::ChildSpi inbound) override;

    [[nodiscard]] agent::Traffic traffic() const override { return traffic_; }
    [[nodiscard]] bool supports(const ike::crypto::CipherSuite&) const override { return true; }
    [[nodiscard]] bool needs_udp() const override { return kind_ == PlaneKind::tun; }
    [[nodiscard]] std::string name() const override {
        return kind_ == PlaneKind::tun ? "tun" : "xfrm";
    }
    [[nodiscard]] std::string device() const override { return "roamd" + std::to_string(device_); }

    /// An inner packet that this policy covers: it leaves, waits, or is dropped.
    void carry_out(std::uint64_t number, std::size_t policy);
    /// An ESP packet came in by this path. True: what was in it goes on.
    bool carry_in(const EspTag& packet, const ike::Path& path);
    /// An IKE datagram came in.
    void ike_came(ike::ByteView datagram, const ike::Path& path) {
        events_.ike_datagram(datagram, path);
    }
    /// As the kernel or the worker says when an SA is nearly used up.
    void wear_out(ike::ChildSpi inbound) { events_.rekey_needed(inbound); }
    /// Somebody deletes the device; restore() makes another one.
    void lose_device() { device_lost_ = true; }
    /// The next calls of install() and of move() fail.
    void refuse_next(unsigned calls) { refuses_ = calls; }

    [[nodiscard]] const std::optional<ike::Path>& path() const { return path_; }
    [[nodiscard]] bool in_udp() const { return in_udp_; }
    [[nodiscard]] const std::optional<ike::Path>& expected() const { return expected_; }
    [[nodiscard]] bool waits() const { return waits_until_.has_value(); }
    [[nodiscard]] const Sa* sending(std::size_t policy = 0) const;
    /// The SAs that are not removed.
    [[nodiscard]] std::vector<const Sa*> installed() const;

  private:
    Sa* find(ike::ChildSpi inbound);
    void stop_waiting();
    void look_for_silence();
    [[nodiscard]] bool refuses();

    agent::Scheduler& scheduler_;
    ike::crypto::Random& random_;
    PlaneKind kind_;
    agent::DataPlaneEvents events_;
    EspOutlets outlets_;
    std::vector<Sa> sas_;
    std::map<std::size_t, ike::ChildSpi> sending_;  // by policy
    std::optional<ike::Path> path_;
    std::optional<ike::Path> expected_;
    bool in_udp_ = true;
    std::optional<ike::Instant> waits_until_;
    std::vector<std::pair<std::uint64_t, std::size_t>> waiting_;
    agent::Timer wait_;
    agent::InboundWatch silence_;
    agent::Timer silence_timer_;
    agent::Timer tell_silence_;
    agent::Traffic traffic_;
    unsigned device_ = 0;
    bool device_lost_ = false;
    unsigned refuses_ = 0;
    std::set<ike::ChildSpi> gone_;  // or removed: a session may not know that yet
};

}  // namespace sim
