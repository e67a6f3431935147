// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "ike/base/strong.hpp"
#include "ike/crypto/secret.hpp"
#include "ike/crypto/suite.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

/// The kernel's IPsec as values: RFC 4301's SAD and SPD in the terms of linux/xfrm.h.
/// Numbers are in host byte order. All states are ESP in tunnel mode.
namespace agent::xfrm {

/// The kernel's name of a state; the protocol is ESP.
struct StateKey {
    ike::IpAddress destination;
    ike::ChildSpi spi;
    friend auto operator<=>(const StateKey&, const StateKey&) = default;
};

/// The anti-replay window of an inbound state and the counter of an outbound one (RFC 4303 3.4.3,
/// 3.3.3), as XFRMA_REPLAY_ESN_VAL holds them, with extended sequence numbers or without.
struct Replay {
    std::uint64_t sent = 0;             // the number that was used last
    std::uint64_t received = 0;         // the highest one that came in
    std::vector<std::uint32_t> bitmap;  // of 32 packets each; its size is the window's
    friend bool operator==(const Replay&, const Replay&) = default;
};

inline constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();  // XFRM_INF

/// When an EXPIRE is sent, and when the state stops working.
struct Limits {
    std::uint64_t soft_packets = unlimited;
    std::uint64_t hard_packets = unlimited;
    std::chrono::seconds hard_age{0};  // since the state was added; zero: none
    friend bool operator==(const Limits&, const Limits&) = default;
};

/// xfrm_lifetime_cur.
struct Usage {
    std::uint64_t bytes = 0;
    std::uint64_t packets = 0;
    std::uint64_t added = 0;  // seconds since 1970
    std::uint64_t used = 0;   // likewise; 0: never
    friend bool operator==(const Usage&, const Usage&) = default;
};

/// RFC 3948: the UDP ports, of the state's source and of its destination.
struct Encapsulation {
    std::uint16_t source = 0;
    std::uint16_t destination = 0;
    friend bool operator==(const Encapsulation&, const Encapsulation&) = default;
};

/// A state to be added.
struct State {
    StateKey key;
    ike::IpAddress source;
    std::uint32_t reqid = 0;
    std::uint32_t if_id = 0;        // 0: none
    std::uint32_t output_mark = 0;  // that its outer packets are routed with; 0: none
    ike::crypto::CipherSuite cipher;
    ike::ByteView encryption_key;  // with its salt
    ike::ByteView integrity_key;   // empty with AEAD
    bool esn = false;
    std::optional<Encapsulation> encapsulation;
    Replay replay;
    Limits limits;
    Usage usage;
    /// After how many packets a REPLAY event is sent, again and again; 0: never.
    std::uint32_t replay_event_after = 0;
    /// And while packets go through it, each time after so many tenths of a second; 0: never.
    std::uint32_t replay_event_every = 0;
};

/// A state as the kernel tells of it, without its keys.
struct StateInfo {
    StateKey key;
    ike::IpAddress source;
    std::uint32_t reqid = 0;
    std::uint32_t if_id = 0;
    std::optional<Encapsulation> encapsulation;
    bool esn = false;
    Replay replay;
    Usage usage;
    std::uint32_t replayed = 0;     // packets that the window refused, since the state was added
    std::uint32_t unauthentic = 0;  // whose integrity check failed
    friend bool operator==(const StateInfo&, const StateInfo&) = default;
};

/// xfrm_selector: the packets of a policy. A range of ports is given by port and mask.
struct Selector {
    ike::Prefix source;
    ike::Prefix destination;  // of the same family
    std::uint8_t protocol = 0;
    std::uint16_t source_port = 0, source_port_mask = 0;
    std::uint16_t destination_port = 0, destination_port_mask = 0;
    friend auto operator<=>(const Selector&, const Selector&) = default;
};

enum class Direction : std::uint8_t { in = 0, out = 1, forward = 2 };  // XFRM_POLICY_*

/// The kernel's name of a policy.
struct PolicyKey {
    Selector selector;
    Direction direction = Direction::out;
    std::uint32_t if_id = 0;
    friend auto operator<=>(const PolicyKey&, const PolicyKey&) = default;
};

/// Which states serve a policy. Unspecified addresses and an SPI of 0 stand for any.
struct Template {
    ike::IpAddress source;
    ike::IpAddress destination;
    ike::ChildSpi spi;
    std::uint32_t reqid = 0;
    friend bool operator==(const Template&, const Template&) = default;
};

struct Policy {
    PolicyKey key;
    std::uint32_t priority = 0;          // lower ones first
    std::optional<Template> protect_by;  // none: such packets are thrown away (XFRM_POLICY_BLOCK)
    friend bool operator==(const Policy&, const Policy&) = default;
};

}  // namespace agent::xfrm
