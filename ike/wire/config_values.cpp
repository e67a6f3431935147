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

bool is_label(std::string_view label) {
    constexpr std::size_t longest = 63;  // RFC 1035 2.3.4
    return !label.empty() && label.size() <= longest && std::ranges::all_of(label, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

/// RFC 8598 3.1: one name in presentation format.
bool is_domain(ByteView value) {
    constexpr std::size_t longest = 254;
    std::string text = as_text(value);
    if (text.ends_with('.')) {
        text.pop_back();
    }
    std::string_view rest = text;
    while (true) {
        const auto dot = rest.find('.');
        if (text.size() > longest || !is_label(rest.substr(0, dot))) {
            return false;
        }
        if (dot == std::string_view::npos) {
            return true;
        }
        rest.remove_prefix(dot + 1);
    }
}

/// A host's address, as a peer gives it to us or names one: of 0.0.0.0, multicast and the like
/// nothing can come.
bool is_host(const IpAddress& address) {
    const ByteView bytes = address.bytes();
    const bool zero = std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
    const bool multicast = address.is_ipv4() ? bytes[0] >= 224 : bytes[0] == 0xff;
    const bool loopback = address.is_ipv4() ? bytes[0] == 127 : address == *IpAddress::parse("::1");
    return !zero && !multicast && !loopback;
}

/// A virtual address of one attribute, if it is one.
std::optional<Prefix> address_in(const ConfigAttribute& attribute, std::uint8_t ip4_length) {
    std::optional<Prefix> prefix;
    if (attribute.type == ConfigAttributeType::internal_ip4_address &&
        attribute.value.size() == 4) {
        prefix = Prefix{*IpAddress::from_bytes(attribute.value), ip4_length};
    } else if (attribute.type == ConfigAttributeType::internal_ip6_address) {
        prefix = ip6_prefix(attribute.value);
    }
    return prefix && is_host(prefix->address) ? prefix : std::nullopt;
}

std::optional<IpAddress> server_in(const ConfigAttribute& attribute) {
    const bool server = attribute.type == ConfigAttributeType::internal_ip4_dns ||
                        attribute.type == ConfigAttributeType::internal_ip6_dns;
    const auto address = server ? IpAddress::from_bytes(attribute.value) : std::nullopt;
    return address && is_host(*address) ? address : std::nullopt;
}

std::optional<Prefix> subnet_in(const ConfigAttribute& attribute) {
    std::optional<Prefix> subnet;
    if (attribute.type == ConfigAttributeType::internal_ip4_subnet) {
        subnet = ip4_prefix(attribute.value);
    } else if (attribute.type == ConfigAttributeType::internal_ip6_subnet) {
        subnet = ip6_prefix(attribute.value);
    }
    return subnet ? std::optional(Prefix{subnet->first(), subnet->length}) : std::nullopt;
}

template <class Value>
void add_once(std::vector<Value>& values, std::optional<Value> value) {
    if (value && std::ranges::find(values, *value) == values.end()) {
        values.push_back(*std::move(value));
    }
}

/// Whether a value of a type that is used is none. Empty, it says that there is none.
bool is_unusable(const ConfigAttribute& attribute) {
    using enum ConfigAttributeType;
    if (attribute.value.empty()) {
        return false;
    }
    switch (attribute.type) {
        case internal_ip4_address:
        case internal_ip6_address:
            return !address_in(attribute, 32);
        case internal_ip4_netmask:
            return !mask_length(attribute.value);
        case internal_ip4_dns:
        case internal_ip6_dns:
            return !server_in(attribute);
        case internal_ip4_subnet:
        case internal_ip6_subnet:
            return !subnet_in(attribute);
        case internal_dns_domain:
            return !is_domain(attribute.value);
        default:
            return false;  // of a type that we have no use for
    }
}

/// A peer chose these bytes: a name is quoted with nothing in it that a log could trip over.
std::string quoted(const ConfigAttribute& attribute) {
    if (attribute.type != ConfigAttributeType::internal_dns_domain) {
        return name(attribute.type) + " " + to_hex(attribute.value);
    }
    constexpr std::size_t longest = 80;
    std::string text = as_text(attribute.value).substr(0, longest);
    std::ranges::replace_if(
        text, [](char c) { return c < 0x20 || c > 0x7e || c == '"'; }, '?');
    return name(attribute.type) + " \"" + text + "\"";
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
    for (const ConfigAttribute& attribute : config.attributes) {
        add_once(addresses, address_in(attribute, ip4_address_length(config)));
    }
    return addresses;
}

std::vector<IpAddress> internal_dns(const ConfigPayload& config) {
    std::vector<IpAddress> servers;
    for (const ConfigAttribute& attribute : config.attributes) {
        add_once(servers, server_in(attribute));
    }
    return servers;
}

std::vector<Prefix> internal_subnets(const ConfigPayload& config) {
    std::vector<Prefix> subnets;
    for (const ConfigAttribute& attribute : config.attributes) {
        add_once(subnets, subnet_in(attribute));
    }
    return subnets;
}

std::vector<std::string> internal_dns_domains(const ConfigPayload& config) {
    std::vector<std::string> domains;
    for (const auto& [type, value] : config.attributes) {
        if (type == ConfigAttributeType::internal_dns_domain && is_domain(value)) {
            add_once(domains, std::optional(as_text(value)));
        }
    }
    return domains;
}

std::vector<std::string> left_out(const ConfigPayload& config) {
    std::vector<std::string> texts = config.odd;
    for (const ConfigAttribute& attribute : config.attributes) {
        if (is_unusable(attribute)) {
            texts.push_back(quoted(attribute));
        }
    }
    return texts;
}

}  // namespace ike::wire
