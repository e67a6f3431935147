// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/ip.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace agent {

// The little of DNS (RFC 1035) that asking for a host's addresses takes.

/// TYPE of a record: RFC 1035 3.2.2, RFC 3596 2.1.
enum class DnsType : std::uint16_t { a = 1, aaaa = 28 };

inline constexpr std::uint16_t dns_port = 53;
inline constexpr std::size_t max_dns_addresses = 16;  // as many of an answer are kept

/// A question for one name, recursion desired. None if it can't be a host's name.
std::optional<ike::Bytes> dns_query(std::uint16_t id, std::string_view name, DnsType type);

/// The answer of a name server: addresses of the type asked for, none if the name has
/// none or does not exist.
struct DnsReply {
    std::vector<ike::IpAddress> addresses;

    friend bool operator==(const DnsReply&, const DnsReply&) = default;
};

/// The reply in a datagram. None if it is none to this query, or malformed, or the server could not
/// or would not answer. The addresses of one that was cut (TC) are taken. The names of
/// the addresses are not looked at: a chain of aliases ends with them, and a resolver puts nothing
/// else there.
std::optional<DnsReply> dns_reply(ike::ByteView datagram, ike::ByteView query);

}  // namespace agent
