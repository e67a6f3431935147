// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/esp/outbound_sa.hpp"
#include "ike/session/values/event.hpp"
#include "tests/sim/world/esp_tag.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sim {

/// The client's data plane as the session's events make it: which Child SAs are installed, by which
/// one and by which path it sends. Follows the contract of ike/session/values/event.hpp to the
/// letter. A packet that leaves has the SPI and the sequence number that ike/esp gave it.
class Plane {
  public:
    explicit Plane(ike::crypto::Random& random) : random_(random) {}

    struct Sa {
        ike::ChildSpi inbound;
        ike::ChildSpi outbound;
        std::uint64_t key_in = 0;
        std::uint64_t key_out = 0;
        ike::esp::OutboundSa out;
        std::size_t policy = 0;
        std::vector<ike::wire::TrafficSelector> local_selectors;
        std::vector<ike::wire::TrafficSelector> remote_selectors;
        std::optional<ike::Instant> down;  // still received by until then
    };

    /// Takes an event; says what is wrong with it, if something is.
    std::string handle(const ike::session::Event& event, ike::Instant now);

    /// None while there is no Child SA to send by what this policy covers.
    std::optional<EspTag> seal(std::uint64_t number, std::size_t policy);
    /// The Child SA that a packet came in by; none if there is no such SPI.
    [[nodiscard]] const Sa* find(ike::ChildSpi inbound, ike::Instant now) const;
    [[nodiscard]] const Sa* sending(std::size_t policy = 0) const;

    [[nodiscard]] const std::optional<ike::Path>& path() const { return path_; }
    [[nodiscard]] bool in_udp() const { return in_udp_; }
    /// While data waits for a better path: at the latest so long.
    [[nodiscard]] std::optional<ike::Instant> waits_until() const { return waits_until_; }
    /// Nothing is sent any more, until there is a path again.
    void hold() { waits_until_.reset(); }
    /// The networks that are not down.
    [[nodiscard]] std::vector<const Sa*> installed() const;

  private:
    std::string install(const ike::session::ChildSa& sa);
    std::string rekeyed(const ike::session::ChildSaRekeyed& event);
    std::string switched(ike::ChildSpi inbound);
    std::string down(ike::ChildSpi inbound, ike::Instant now);
    Sa* find_up(ike::ChildSpi inbound);

    ike::crypto::Random& random_;
    std::vector<Sa> sas_;
    std::map<std::size_t, ike::ChildSpi> sending_;  // by policy
    std::optional<ike::Path> path_;
    bool in_udp_ = true;
    std::optional<ike::Instant> waits_until_;
};

}  // namespace sim
