// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/ip.hpp"
#include "ike/base/result.hpp"
#include "ike/wire/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ike::wire {

/// RFC 7296 3.13.1: a range of addresses of one family, and within it a protocol and a range of
/// ports, all ends included. Ports 65535 to 0 mean OPAQUE (RFC 4301 4.4.1.1): no port can be seen.
struct TrafficSelector {
    IpAddress first;
    IpAddress last;
    std::uint8_t protocol = 0;  // of IP; 0: any
    std::uint16_t first_port = 0;
    std::uint16_t last_port = 65535;

    /// All traffic of a prefix.
    static TrafficSelector from(const Prefix& prefix);

    [[nodiscard]] bool contains(const IpAddress& address) const;
    [[nodiscard]] bool contains(const TrafficSelector& inner) const;
    /// The packets that both select, if any.
    [[nodiscard]] std::optional<TrafficSelector> intersect(const TrafficSelector& other) const;

    /// "10.0.0.0/8", "10.0.0.1-10.0.0.9", "10.0.0.0/8 protocol 6 ports 80-443".
    [[nodiscard]] std::string text() const;
    /// The smallest set of prefixes that covers the addresses, in their order. No range needs more
    /// than 62 of IPv4 or 254 of IPv6.
    [[nodiscard]] std::vector<Prefix> prefixes() const;

    friend bool operator==(const TrafficSelector&, const TrafficSelector&) = default;
};

/// RFC 7296 3.13: their number has one byte.
inline constexpr std::size_t max_selectors = 255;

/// RFC 7296 3.13. Selectors of a type that is neither IPv4 nor IPv6 are left out and counted.
struct TsiPayload {
    std::vector<TrafficSelector> selectors;
    std::size_t unknown = 0;

    [[nodiscard]] Bytes encode() const;
    static Result<TsiPayload, WireError> decode(ByteView body);

    friend bool operator==(const TsiPayload&, const TsiPayload&) = default;
};

/// As TsiPayload, of the responder's side.
struct TsrPayload {
    std::vector<TrafficSelector> selectors;
    std::size_t unknown = 0;

    [[nodiscard]] Bytes encode() const;
    static Result<TsrPayload, WireError> decode(ByteView body);

    friend bool operator==(const TsrPayload&, const TsrPayload&) = default;
};

/// RFC 7296 2.9: the part of an offer that is allowed, without repetitions, at most max_selectors.
/// Empty: TS_UNACCEPTABLE.
std::vector<TrafficSelector> narrow(std::span<const TrafficSelector> offered,
                                    std::span<const TrafficSelector> allowed);

/// RFC 7296 2.9: whether an answer selects something, and each of its selectors lies within one of
/// the offered.
bool is_narrowed_from(std::span<const TrafficSelector> chosen,
                      std::span<const TrafficSelector> offered);

}  // namespace ike::wire
