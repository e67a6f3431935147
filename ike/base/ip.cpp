// SPDX-License-Identifier: Apache-2.0
#include "ike/base/ip.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace ike {

std::optional<IpAddress> IpAddress::from_bytes(ByteView bytes) {
    if (bytes.size() != 4 && bytes.size() != 16) {
        return std::nullopt;
    }
    IpAddress address = any(bytes.size() == 4 ? Family::ipv4 : Family::ipv6);
    std::ranges::copy(bytes, address.bytes_.begin());
    return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    const std::string terminated(text);
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        IpAddress address = any(family);
        if (inet_pton(address.is_ipv4() ? AF_INET : AF_INET6, terminated.c_str(),
                      address.bytes_.data()) == 1) {
            return address;
        }
    }
    return std::nullopt;
}

IpAddress IpAddress::any(Family family) {
    IpAddress address;
    address.family_ = family;
    return address;
}

bool IpAddress::is_loopback() const {
    if (is_ipv4()) {
        return bytes_[0] == 127;
    }
    return std::all_of(bytes_.begin(), bytes_.end() - 1, [](auto byte) { return byte == 0; }) &&
           bytes_[15] == 1;
}

bool IpAddress::is_multicast() const {
    return is_ipv4() ? (bytes_[0] & 0xf0U) == 0xe0U : bytes_[0] == 0xffU;
}

bool IpAddress::is_link_local() const {
    return is_ipv4() ? bytes_[0] == 169 && bytes_[1] == 254
                     : bytes_[0] == 0xfeU && (bytes_[1] & 0xc0U) == 0x80U;
}

std::string IpAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    inet_ntop(is_ipv4() ? AF_INET : AF_INET6, bytes_.data(), buffer.data(), buffer.size());
    return buffer.data();
}

namespace {

/// The address with every bit behind `length` set to `bit`.
IpAddress with_host_bits(const IpAddress& address, std::size_t length, bool bit) {
    Bytes bytes(address.bytes().begin(), address.bytes().end());
    for (std::size_t index = length; index < bytes.size() * 8; ++index) {
        const auto mask = static_cast<std::uint8_t>(0x80U >> (index % 8));
        auto& byte = bytes[index / 8];
        byte = static_cast<std::uint8_t>(bit ? byte | mask : byte & ~mask);
    }
    return *IpAddress::from_bytes(bytes);
}

}  // namespace

std::optional<Prefix> Prefix::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) {
        return std::nullopt;
    }
    Prefix prefix = host(*address);
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        std::uint8_t length = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), length);
        if (error != std::errc{} || end != digits.data() + digits.size() ||
            length > prefix.length) {
            return std::nullopt;
        }
        prefix.length = length;
    }
    return prefix.first() == prefix.address ? std::optional(prefix) : std::nullopt;
}

Prefix Prefix::host(const IpAddress& address) {
    return {address, static_cast<std::uint8_t>(address.size() * 8)};
}

bool Prefix::contains(const IpAddress& inner) const {
    const std::size_t bits = std::min<std::size_t>(length, address.size() * 8);
    const std::size_t whole = bits / 8;
    if (inner.family() != address.family() ||
        !std::ranges::equal(inner.bytes().first(whole), address.bytes().first(whole))) {
        return false;
    }
    const std::size_t rest = bits % 8;
    return rest == 0 || ((inner.bytes()[whole] ^ address.bytes()[whole]) >> (8 - rest)) == 0;
}

IpAddress Prefix::first() const {
    return with_host_bits(address, length, false);
}
IpAddress Prefix::last() const {
    return with_host_bits(address, length, true);
}

std::string Prefix::text() const {
    return address.text() + "/" + std::to_string(length);
}

std::string Endpoint::text() const {
    const std::string host = address.is_ipv4() ? address.text() : "[" + address.text() + "]";
    return host + ":" + std::to_string(port);
}

}  // namespace ike

std::size_t std::hash<ike::IpAddress>::operator()(const ike::IpAddress& address) const noexcept {
    std::size_t sum = address.size();
    for (const std::uint8_t byte : address.bytes()) {
        sum = sum * 31 + byte;
    }
    return sum;
}
