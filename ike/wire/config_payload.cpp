// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/config_payload.hpp"

namespace ike::wire {

namespace {

/// RFC 7296 3.15.1: the sizes a value may have, as its table gives them. An empty value is a
/// question, or an answer that there is none.
bool is_value_size(ConfigAttributeType type, std::size_t size) {
    using enum ConfigAttributeType;
    switch (type) {
        case internal_ip4_address:
        case internal_ip4_netmask:
        case internal_ip4_dns:
        case internal_ip4_nbns:
        case internal_ip4_dhcp:
            return size == 0 || size == 4;
        case internal_ip6_address:
        case internal_ip6_subnet:
            return size == 0 || size == 17;
        case internal_ip6_dns:
        case internal_ip6_dhcp:
            return size == 0 || size == 16;
        case internal_ip4_subnet:
            return size == 0 || size == 8;
        case supported_attributes:
            return size % 2 == 0;
        case application_version:
        case internal_dns_domain:
        case internal_dnssec_ta:
            return true;
    }
    return true;
}

}  // namespace

Bytes ConfigPayload::encode() const {
    Writer writer;
    writer.u8(static_cast<std::uint8_t>(type)).zeros(3);
    for (const ConfigAttribute& attribute : attributes) {
        writer.u16(static_cast<std::uint16_t>(attribute.type));
        writer.u16(static_cast<std::uint16_t>(attribute.value.size())).put(attribute.value);
    }
    return writer.release();
}

Result<ConfigPayload, WireError> ConfigPayload::decode(ByteView body) {
    Reader reader(body);
    ConfigPayload config;
    config.type = static_cast<ConfigType>(reader.u8());
    reader.take(3);  // reserved, ignored on receipt
    while (reader.ok() && !reader.empty()) {
        if (config.attributes.size() + config.odd.size() == max_config_attributes) {
            config.odd.push_back("whatever comes after " + std::to_string(max_config_attributes) +
                                 " attributes");
            return config;
        }
        // RFC 7296 3.15.1: the first bit is reserved and ignored.
        const auto type = static_cast<ConfigAttributeType>(reader.u16() & 0x7fffU);
        const ByteView value = reader.take(reader.u16());
        if (reader.ok() && !is_value_size(type, value.size())) {
            config.odd.push_back(name(type) + " of " + std::to_string(value.size()) + " bytes");
            continue;
        }
        config.attributes.push_back({.type = type, .value = Bytes(value.begin(), value.end())});
    }
    if (!reader.ok()) {
        return Fail{WireError::truncated};
    }
    return config;
}

std::string name(ConfigAttributeType type) {
    using enum ConfigAttributeType;
    switch (type) {
        case internal_ip4_address:
            return "INTERNAL_IP4_ADDRESS";
        case internal_ip4_netmask:
            return "INTERNAL_IP4_NETMASK";
        case internal_ip4_dns:
            return "INTERNAL_IP4_DNS";
        case internal_ip4_nbns:
            return "INTERNAL_IP4_NBNS";
        case internal_ip4_dhcp:
            return "INTERNAL_IP4_DHCP";
        case application_version:
            return "APPLICATION_VERSION";
        case internal_ip6_address:
            return "INTERNAL_IP6_ADDRESS";
        case internal_ip6_dns:
            return "INTERNAL_IP6_DNS";
        case internal_ip6_dhcp:
            return "INTERNAL_IP6_DHCP";
        case internal_ip4_subnet:
            return "INTERNAL_IP4_SUBNET";
        case supported_attributes:
            return "SUPPORTED_ATTRIBUTES";
        case internal_ip6_subnet:
            return "INTERNAL_IP6_SUBNET";
        case internal_dns_domain:
            return "INTERNAL_DNS_DOMAIN";
        case internal_dnssec_ta:
            return "INTERNAL_DNSSEC_TA";
    }
    return "attribute(" + std::to_string(static_cast<unsigned>(type)) + ")";
}

}  // namespace ike::wire
