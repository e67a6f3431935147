// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/config_payload.hpp"

#include <algorithm>
#include <bit>
#include <optional>

namespace ike::wire {

namespace {

/// The bytes of a prefix as IPv6 attributes carry it: the address and its length in one byte.
Bytes ip6_prefix_value(const IpAddress& address, std::uint8_t length) {
    return Writer().put(address.bytes()).u8(length).release();
}

std::optional<Prefix> ip6_prefix(ByteView value) {
    Reader reader(value);
    const auto address = IpAddress::from_bytes(reader.take(16));
    const std::uint8_t length = reader.u8();
    if (!reader.done() || !address || length > 128) {
        return std::nullopt;
    }
    return Prefix{*address, length};
}

/// The length that a netmask stands for, if it is ones and then zeros.
std::optional<std::uint8_t> mask_length(ByteView mask) {
    Reader reader(mask);
    const std::uint32_t bits = reader.u32();
    const int length = std::countl_one(bits);
    if (!reader.done() || std::popcount(bits) != length) {
        return std::nullopt;
    }
    return static_cast<std::uint8_t>(length);
}

std::optional<Prefix> ip4_prefix(ByteView value) {
    if (value.size() != 8) {
        return std::nullopt;
    }
    const auto address = IpAddress::from_bytes(value.first(4));
    const auto length = mask_length(value.subspan(4));
    return address && length ? std::optional(Prefix{*address, *length}) : std::nullopt;
}

std::uint8_t ip4_address_length(const ConfigPayload& config) {
    const auto netmask = std::ranges::find(
        config.attributes, ConfigAttributeType::internal_ip4_netmask, &ConfigAttribute::type);
    return netmask == config.attributes.end() ? std::uint8_t{32}
                                              : mask_length(netmask->value).value_or(32);
}

bool is_domain(ByteView value) {
    return !value.empty() && std::ranges::all_of(value, [](std::uint8_t byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
               (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.';
    });
}

}  // namespace

ConfigAttribute any_of(ConfigAttributeType type) {
    return {.type = type, .value = {}};
}

ConfigAttribute internal_address(const IpAddress& address, std::uint8_t ip6_prefix_length) {
    if (address.is_ipv4()) {
        return {.type = ConfigAttributeType::internal_ip4_address,
                .value = Bytes(address.bytes().begin(), address.bytes().end())};
    }
    return {.type = ConfigAttributeType::internal_ip6_address,
            .value = ip6_prefix_value(address, ip6_prefix_length)};
}

ConfigAttribute internal_dns(const IpAddress& server) {
    return {.type = server.is_ipv4() ? ConfigAttributeType::internal_ip4_dns
                                     : ConfigAttributeType::internal_ip6_dns,
            .value = Bytes(server.bytes().begin(), server.bytes().end())};
}

ConfigAttribute internal_subnet(const Prefix& subnet) {
    if (subnet.address.is_ipv6()) {
        return {.type = ConfigAttributeType::internal_ip6_subnet,
                .value = ip6_prefix_value(subnet.address, subnet.length)};
    }
    const IpAddress ones = Prefix{IpAddress::any(Family::ipv4), 0}.last();
    const IpAddress mask = Prefix{ones, subnet.length}.first();
    return {.type = ConfigAttributeType::internal_ip4_subnet,
            .value = Writer().put(subnet.address.bytes()).put(mask.bytes()).release()};
}

ConfigAttribute internal_dns_domain(std::string_view domain) {
    const ByteView bytes = as_bytes(domain);
    return {.type = ConfigAttributeType::internal_dns_domain,
            .value = Bytes(bytes.begin(), bytes.end())};
}

std::vector<Prefix> internal_addresses(const ConfigPayload& config) {
    std::vector<Prefix> addresses;
    for (const auto& [type, value] : config.attributes) {
        if (type == ConfigAttributeType::internal_ip4_address && value.size() == 4) {
            addresses.push_back({*IpAddress::from_bytes(value), ip4_address_length(config)});
        } else if (type == ConfigAttributeType::internal_ip6_address) {
            if (const auto prefix = ip6_prefix(value)) {
                addresses.push_back(*prefix);
            }
        }
    }
    return addresses;
}

std::vector<IpAddress> internal_dns(const ConfigPayload& config) {
    std::vector<IpAddress> servers;
    for (const auto& [type, value] : config.attributes) {
        if (type != ConfigAttributeType::internal_ip4_dns &&
            type != ConfigAttributeType::internal_ip6_dns) {
            continue;
        }
        if (const auto server = IpAddress::from_bytes(value)) {
            servers.push_back(*server);
        }
    }
    return servers;
}

std::vector<Prefix> internal_subnets(const ConfigPayload& config) {
    std::vector<Prefix> subnets;
    for (const auto& [type, value] : config.attributes) {
        std::optional<Prefix> subnet;
        if (type == ConfigAttributeType::internal_ip4_subnet) {
            subnet = ip4_prefix(value);
        } else if (type == ConfigAttributeType::internal_ip6_subnet) {
            subnet = ip6_prefix(value);
        }
        if (subnet) {
            subnets.push_back({subnet->first(), subnet->length});
        }
    }
    return subnets;
}

std::vector<std::string> internal_dns_domains(const ConfigPayload& config) {
    std::vector<std::string> domains;
    for (const auto& [type, value] : config.attributes) {
        if (type == ConfigAttributeType::internal_dns_domain && is_domain(value)) {
            domains.push_back(as_text(value));
        }
    }
    return domains;
}

}  // namespace ike::wire
