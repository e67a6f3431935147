// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ike {

enum class Family : std::uint8_t { ipv4, ipv6 };

/// An IPv4 or IPv6 address; as a default, 0.0.0.0.
class IpAddress {
  public:
    IpAddress() = default;
    /// 4 bytes make an IPv4, 16 an IPv6 address, anything else none.
    static std::optional<IpAddress> from_bytes(ByteView bytes);
    static std::optional<IpAddress> parse(std::string_view text);
    static IpAddress any(Family family);

    [[nodiscard]] Family family() const { return family_; }
    [[nodiscard]] bool is_ipv4() const { return family_ == Family::ipv4; }
    [[nodiscard]] bool is_ipv6() const { return family_ == Family::ipv6; }
    /// Network byte order, 4 or 16 of them.
    [[nodiscard]] ByteView bytes() const { return {bytes_.data(), size()}; }
    [[nodiscard]] std::size_t size() const { return is_ipv4() ? 4 : 16; }

    [[nodiscard]] bool is_unspecified() const { return *this == any(family_); }
    [[nodiscard]] bool is_loopback() const;
    [[nodiscard]] bool is_multicast() const;
    [[nodiscard]] bool is_link_local() const;

    [[nodiscard]] std::string text() const;

    friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

  private:
    Family family_ = Family::ipv4;
    std::array<std::uint8_t, 16> bytes_{};
};

/// An address and how many of its first bits count: 10.0.0.0/8.
struct Prefix {
    IpAddress address;
    std::uint8_t length = 0;

    /// "10.0.0.0/8"; without a slash, a host. Bits behind the length are refused.
    static std::optional<Prefix> parse(std::string_view text);
    static Prefix host(const IpAddress& address);

    [[nodiscard]] bool contains(const IpAddress& inner) const;
    [[nodiscard]] IpAddress first() const;
    [[nodiscard]] IpAddress last() const;
    [[nodiscard]] std::string text() const;

    friend auto operator<=>(const Prefix&, const Prefix&) = default;
};

/// An address and a UDP port.
struct Endpoint {
    IpAddress address;
    std::uint16_t port = 0;

    /// "192.0.2.1:4500" or "[2001:db8::1]:4500".
    [[nodiscard]] std::string text() const;

    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

}  // namespace ike

template <>
struct std::hash<ike::IpAddress> {
    std::size_t operator()(const ike::IpAddress& address) const noexcept;
};
