// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/dataplane/xfrm/message.hpp"
#include "netwatch/netlink.hpp"
#include "tests/hex.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <optional>
#include <string>
#include <string_view>

namespace agent::test {

// Netlink messages written out in hex, field by field as linux/xfrm.h has them. Numbers in them are
// in host byte order, but for addresses, ports and SPIs.
static_assert(std::endian::native == std::endian::little, "what the tests write out is that");

inline ike::IpAddress address(const char* text) {
    return ike::IpAddress::parse(text).value();
}
inline ike::Prefix prefix(const char* text) {
    return ike::Prefix::parse(text).value();
}

inline std::string zeros(std::size_t count) {
    return std::string(2 * count, '0');
}

/// The name of an algorithm, in its 64 bytes.
inline std::string name_field(std::string_view name) {
    return ike::to_hex(ike::as_bytes(name)) + zeros(64 - name.size());
}

/// xfrm_address_t of an IPv4 address.
inline std::string ipv4_field(std::string_view hex_digits) {
    return std::string(hex_digits) + zeros(12);
}

/// The text that was written for people, as ike::to_hex would have it.
inline std::string plain(std::string_view written) {
    return ike::to_hex(tests::hex(written));
}

inline std::string bytes_of(const xfrm::Message& message) {
    return ike::to_hex(message.bytes.view());
}

/// The result of `read` for the one message in these bytes.
template <class T>
std::optional<T> read_by(std::optional<T> (*read)(const nlmsghdr&), const ike::Bytes& datagram) {
    std::optional<T> value;
    int messages = 0;
    netwatch::for_each_message(datagram, [&](const nlmsghdr& message) {
        value = read(message);
        ++messages;
    });
    CHECK(messages == 1);
    return value;
}

}  // namespace agent::test
