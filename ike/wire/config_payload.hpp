// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/ip.hpp"
#include "ike/base/result.hpp"
#include "ike/wire/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ike::wire {

/// RFC 7296 3.15, CFG Type.
enum class ConfigType : std::uint8_t { request = 1, reply = 2, set = 3, ack = 4 };

/// RFC 7296 3.15.1. Unknown numbers are legal values.
enum class ConfigAttributeType : std::uint16_t {
    internal_ip4_address = 1,
    internal_ip4_netmask = 2,
    internal_ip4_dns = 3,
    internal_ip4_nbns = 4,
    internal_ip4_dhcp = 6,
    application_version = 7,
    internal_ip6_address = 8,
    internal_ip6_dns = 10,
    internal_ip6_dhcp = 12,
    internal_ip4_subnet = 13,
    supported_attributes = 14,
    internal_ip6_subnet = 15,
    internal_dns_domain = 25,  // RFC 8598
    internal_dnssec_ta = 26,   // RFC 8598
};

/// "INTERNAL_IP4_ADDRESS", or "attribute(99)" for a number without a name.
std::string name(ConfigAttributeType type);

/// One attribute; an empty value in a request asks for one.
struct ConfigAttribute {
    ConfigAttributeType type{};
    Bytes value;

    friend bool operator==(const ConfigAttribute&, const ConfigAttribute&) = default;
};

/// Room for every attribute there is and a long list of networks and domains.
inline constexpr std::size_t max_config_attributes = 64;

/// RFC 7296 3.15. Values have the sizes that their types demand; unknown attributes are kept. One
/// attribute that is none, or one too many, costs itself only: it is left out and told.
struct ConfigPayload {
    ConfigType type{};
    std::vector<ConfigAttribute> attributes;
    std::vector<std::string> odd = {};  // "INTERNAL_IP4_DNS of 8 bytes", by decode()

    [[nodiscard]] Bytes encode() const;
    static Result<ConfigPayload, WireError> decode(ByteView body);

    friend bool operator==(const ConfigPayload& left, const ConfigPayload& right) {
        return left.type == right.type && left.attributes == right.attributes;
    }
};

/// Asks for whatever the other side has of a type.
ConfigAttribute any_of(ConfigAttributeType type);
/// INTERNAL_IP4_ADDRESS or, with the prefix length, INTERNAL_IP6_ADDRESS.
ConfigAttribute internal_address(const IpAddress& address, std::uint8_t ip6_prefix_length = 128);
/// INTERNAL_IP4_DNS or INTERNAL_IP6_DNS.
ConfigAttribute internal_dns(const IpAddress& server);
/// INTERNAL_IP4_SUBNET or INTERNAL_IP6_SUBNET.
ConfigAttribute internal_subnet(const Prefix& subnet);
/// INTERNAL_DNS_DOMAIN, RFC 8598 3.1.
ConfigAttribute internal_dns_domain(std::string_view domain);

/// The virtual addresses in their order, none twice, without those that no host can have; of IPv4
/// with the length of INTERNAL_IP4_NETMASK if there is one, else 32. Bits behind the length are
/// those of the address.
std::vector<Prefix> internal_addresses(const ConfigPayload& config);
std::vector<IpAddress> internal_dns(const ConfigPayload& config);
/// Without those whose netmask has holes.
std::vector<Prefix> internal_subnets(const ConfigPayload& config);
/// Names as sent, without those that are none: labels of up to 63 letters, digits, '-' and '_'.
std::vector<std::string> internal_dns_domains(const ConfigPayload& config);
/// The attributes of these types that none of the fields has, and those that decode() left out: in
/// words for a log, a bounded number.
std::vector<std::string> left_out(const ConfigPayload& config);

}  // namespace ike::wire
