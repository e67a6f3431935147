// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/session.hpp"
#include "tests/sim/network/network.hpp"
#include "tests/sim/world/esp_tag.hpp"
#include "tests/sim/world/window_watch.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sim {

/// Holds what a session says and does against the invariants of design.md; collects what breaks
/// them.
class Guard {
  public:
    // The calls of the agent to the session.
    void told(const ike::session::AddressPair& addresses, ike::session::MoveKind kind,
              const Network& network);
    void held(const Network& network);
    /// A Child SA that lives again may be used again.
    void told_standbys(const Network& network);

    // The output of the session.
    void event(const ike::session::Event& event, const std::optional<ike::Path>& data_path);
    void transmitted(const ike::session::Transmit& transmit, const Network& network);
    /// Each ESP packet of the client's, as it leaves.
    void esp_left(ike::ByteView packet);

    // The messages that reach the client, and those of the gateway, which has to keep the rules
    // just the same or proves nothing.
    void client_received(ike::ByteView datagram) { client_.received(datagram); }
    void gateway_received(ike::ByteView datagram) { gateway_.received(datagram); }
    void gateway_sent(ike::ByteView datagram);

    void violated(std::string what);
    [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
    [[nodiscard]] const std::optional<ike::session::IkeSpis>& spis() const { return spis_; }

  private:
    using Source = std::pair<ike::InterfaceIndex, ike::IpAddress>;
    void judge(const ike::session::Connected& event);
    void check_switched(const ike::Path& path, const std::optional<ike::Path>& from);
    void check_moved(const ike::Path& path);
    void remember_dead(const Network& network);

    WindowWatch client_;
    WindowWatch gateway_;
    std::optional<ike::session::AddressPair> told_;
    std::optional<ike::session::AddressPair> forced_;  // before a better one was named
    std::optional<ike::Path> left_;  // for a preferred one that the gateway has not confirmed
    std::set<Source> used_;
    std::set<Source> dead_;  // at the time the session was last told something
    bool preferred_ = false;
    bool held_ = false;
    bool closed_ = false;
    std::optional<ike::session::IkeSpis> spis_;
    std::set<std::pair<ike::ChildSpi, std::uint64_t>> esp_by_spi_;  // sequence numbers that left
    std::set<std::pair<std::uint64_t, std::uint64_t>> esp_by_key_;
    std::vector<std::string> violations_;
};

}  // namespace sim
