// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/session/event.hpp"
#include "tests/sim/world/esp_tag.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sim {

/// The client's data plane as the session's events make it: which Child SAs are installed, by which
/// one and by which path it sends. Follows the contract of ike/session/event.hpp to the letter.
class Plane {
  public:
    struct Sa {
        ike::ChildSpi inbound;
        ike::ChildSpi outbound;
        std::uint64_t key_in = 0;
        std::uint64_t key_out = 0;
        std::uint64_t sent = 0;
        std::vector<ike::wire::TrafficSelector> local_selectors;
        std::vector<ike::wire::TrafficSelector> remote_selectors;
        std::optional<ike::Instant> down;  // still received by until then
    };

    /// Takes an event; says what is wrong with it, if something is.
    std::string handle(const ike::session::Event& event, ike::Instant now);

    /// None while there is no Child SA to send by.
    std::optional<EspTag> seal(std::uint64_t number);
    /// The Child SA that a packet came in by; none if there is no such SPI.
    [[nodiscard]] const Sa* find(ike::ChildSpi inbound, ike::Instant now) const;
    [[nodiscard]] const Sa* sending() const;

    [[nodiscard]] const std::optional<ike::Path>& path() const { return path_; }
    /// Those that are not down.
    [[nodiscard]] std::vector<const Sa*> installed() const;

  private:
    std::string install(const ike::session::ChildSa& sa);
    std::string rekeyed(const ike::session::ChildSaRekeyed& event);
    std::string switched(ike::ChildSpi inbound);
    std::string down(ike::ChildSpi inbound, ike::Instant now);
    Sa* find_up(ike::ChildSpi inbound);

    std::vector<Sa> sas_;
    std::optional<ike::ChildSpi> sending_;
    std::optional<ike::Path> path_;
};

}  // namespace sim
