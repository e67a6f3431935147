// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/path.hpp"
#include "tests/sim/network/dice.hpp"
#include "tests/sim/network/nat.hpp"

#include <map>
#include <optional>
#include <vector>

namespace sim {

/// The kind of a datagram. On a real wire the non-ESP marker and the first byte tell.
enum class Cargo : std::uint8_t { ike, esp, nat_keepalive };

struct Packet {
    ike::Endpoint from;
    ike::Endpoint to;
    Cargo cargo = Cargo::ike;
    ike::Bytes payload;
    bool in_udp = true;  // else bare ESP, IP protocol 50
};

/// How a link treats packets, each way. Jitter beyond the gap between two packets reorders them.
struct Quality {
    ike::Duration delay = std::chrono::milliseconds(10);
    ike::Duration jitter{};
    double loss = 0;
    double duplication = 0;
};

/// One interface of the client and the access network behind it.
struct Uplink {
    ike::InterfaceIndex interface;
    std::vector<ike::IpAddress> addresses;
    std::optional<Nat> nat;           // for its IPv4 addresses
    std::optional<Nat64> nat64 = {};  // for its IPv6 addresses, towards IPv4
    Quality quality;
    bool up = true;       // the interface; when it is gone, nothing leaves and nothing comes
    bool carries = true;  // a blackhole looks up and carries nothing
    bool drops_bare_esp_up = false;
    bool drops_bare_esp_down = false;
    /// IKE datagrams with more bytes in UDP than this vanish, both ways: the path drops IP
    /// fragments.
    std::size_t largest_ike = 65'507;
};

struct Delivery {
    bool to_gateway = false;
    ike::InterfaceIndex interface;  // towards the client: where it comes in
    Packet packet;
};

/// The network between the client and the gateway: each uplink with its delay, its losses and its
/// NAT. Knows no clock; packets in flight come out of next() in the order of their arrival.
class Network {
  public:
    explicit Network(Dice& dice) : dice_(dice) {}

    Uplink& add(Uplink uplink);
    [[nodiscard]] Uplink& uplink(ike::InterfaceIndex interface);
    [[nodiscard]] std::vector<Uplink>& uplinks() { return uplinks_; }
    /// Whether a datagram with this source can leave: the interface is up and has the address.
    [[nodiscard]] bool can_send(ike::InterfaceIndex interface, const ike::IpAddress& source) const;

    /// A packet of the client's as it comes out of the access network.
    [[nodiscard]] Ends outside(ike::InterfaceIndex interface, const Ends& inside, ike::Instant now);

    void send_up(ike::InterfaceIndex interface, Packet packet, ike::Instant now);
    void send_down(Packet packet, ike::Instant now);
    /// As send_down, but somebody else's packet: no loss, no delay.
    void inject_down(Packet packet, ike::Instant now);
    void inject_up(Packet packet, ike::Instant now);

    [[nodiscard]] std::optional<ike::Instant> next_arrival() const;
    /// The next packet that has arrived by `now`; one to an interface or address that is gone
    /// meanwhile vanishes.
    std::optional<Delivery> next(ike::Instant now);

  private:
    void carry(const Quality& quality, const Delivery& delivery, ike::Instant now);
    [[nodiscard]] std::optional<Delivery> routed_down(Packet packet, ike::Instant now);
    [[nodiscard]] bool still_arrives(const Delivery& delivery) const;

    Dice& dice_;
    std::vector<Uplink> uplinks_;
    std::multimap<ike::Instant, Delivery> in_flight_;
};

}  // namespace sim
