// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/config_payload.hpp"

#include "tests/ike/wire/wire_testing.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::wire;
using namespace ike::wire::testing;

namespace {

using Type = ConfigAttributeType;

IpAddress ip(std::string_view text) {
    return IpAddress::parse(text).value();
}

ConfigPayload reply(std::vector<ConfigAttribute> attributes) {
    return {.type = ConfigType::reply, .attributes = std::move(attributes)};
}

}  // namespace

TEST_CASE("CP has the fields of figures 22 and 23 [RFC7296-3.15]") {
    constexpr std::string_view body =
        "01 000000"
        "0001 0000"
        "0003 0004 0a000001"
        "0008 0011 20010db8000000000000000000000007 40";
    CHECK(means(body, ConfigPayload{.type = ConfigType::request,
                                    .attributes = {any_of(Type::internal_ip4_address),
                                                   internal_dns(ip("10.0.0.1")),
                                                   internal_address(ip("2001:db8::7"), 64)}}));
}

TEST_CASE("CP cut within its head or an attribute is refused as truncated") {
    constexpr std::string_view body = "02 000000 0001 0004 0a010203";
    CHECK(accepted_cuts<ConfigPayload>(body) == 1);  // behind the head: no attributes
    CHECK(refusal<ConfigPayload>(hex("02 000000 0001 0004 0a0102")) == WireError::truncated);
    CHECK(refusal<ConfigPayload>(hex("02 000000 0001 00")) == WireError::truncated);
    CHECK(refusal<ConfigPayload>(hex("02 0000")) == WireError::truncated);
}

TEST_CASE("reserved bits of CP are ignored [RFC7296-3.15.1]") {
    const auto config = ConfigPayload::decode(hex("02 ffffff 8001 0000"));
    REQUIRE(config.ok());
    CHECK(to_hex(config->encode()) == "0200000000010000");
}

TEST_CASE("a value has one of the sizes that the table gives its type [RFC7296-3.15.1]") {
    struct Row {
        ConfigAttributeType type;
        std::size_t size;  // beside 0
    };
    constexpr Row rows[] = {{Type::internal_ip4_address, 4}, {Type::internal_ip4_netmask, 4},
                            {Type::internal_ip4_dns, 4},     {Type::internal_ip4_nbns, 4},
                            {Type::internal_ip4_dhcp, 4},    {Type::internal_ip6_address, 17},
                            {Type::internal_ip6_dns, 16},    {Type::internal_ip6_dhcp, 16},
                            {Type::internal_ip4_subnet, 8},  {Type::internal_ip6_subnet, 17}};
    for (const Row& row : rows) {
        CAPTURE(name(row.type));
        for (std::size_t size = 0; size < 20; ++size) {
            const ConfigPayload config = reply({{.type = row.type, .value = Bytes(size, 1)}});
            const auto decoded = ConfigPayload::decode(config.encode());
            REQUIRE(decoded.ok());
            const bool odd = size != 0 && size != row.size;
            CHECK(decoded->odd.size() == (odd ? 1 : 0));
            CHECK(decoded->attributes.size() == (odd ? 0 : 1));
        }
    }
    CHECK(ConfigPayload::decode(hex("02 000000 000e 0001 00"))->odd.size() == 1);
    CHECK(ConfigPayload::decode(hex("02 000000 000e 0002 0001"))->odd.empty());
}

TEST_CASE("an unknown attribute is kept and called by its number") {
    const auto config = ConfigPayload::decode(hex("02 000000 7001 0003 010203"));
    REQUIRE(config.ok());
    CHECK(config->attributes.at(0).value == hex("010203"));
    CHECK(name(config->attributes.at(0).type) == "attribute(28673)");
    CHECK(name(Type::internal_dns_domain) == "INTERNAL_DNS_DOMAIN");
}

TEST_CASE("virtual addresses come with the lengths they were given [RFC7296-3.15.1]") {
    const ConfigPayload config =
        reply({internal_address(ip("10.1.0.7")), internal_address(ip("fd10::7"), 64),
               internal_address(ip("fd10::8"))});
    const std::vector<Prefix> addresses = {
        {ip("10.1.0.7"), 32}, {ip("fd10::7"), 64}, {ip("fd10::8"), 128}};
    CHECK(internal_addresses(config) == addresses);
}

TEST_CASE("INTERNAL_IP4_NETMASK gives the length of the virtual IPv4 address [RFC7296-3.15.1]") {
    ConfigPayload config =
        reply({internal_address(ip("10.1.0.7")),
               {.type = Type::internal_ip4_netmask, .value = {255, 255, 240, 0}}});
    CHECK(internal_addresses(config) == std::vector<Prefix>{{ip("10.1.0.7"), 20}});
    config.attributes[1].value = {255, 0, 255, 0};  // a mask with a hole says nothing
    CHECK(internal_addresses(config) == std::vector<Prefix>{{ip("10.1.0.7"), 32}});
}

TEST_CASE("empty values give no address, server, network or domain") {
    const ConfigPayload config =
        reply({any_of(Type::internal_ip4_address), any_of(Type::internal_ip6_address),
               any_of(Type::internal_ip4_dns), any_of(Type::internal_ip6_dns),
               any_of(Type::internal_ip4_subnet), any_of(Type::internal_ip6_subnet),
               any_of(Type::internal_dns_domain)});
    CHECK(internal_addresses(config).empty());
    CHECK(internal_dns(config).empty());
    CHECK(internal_subnets(config).empty());
    CHECK(internal_dns_domains(config).empty());
}

TEST_CASE("an IPv6 prefix longer than the address is none") {
    CHECK(internal_addresses(reply({internal_address(ip("fd10::7"), 129)})).empty());
}

TEST_CASE("DNS servers of both families are listed in their order") {
    const ConfigPayload config =
        reply({internal_dns(ip("fd10::53")), internal_dns(ip("10.0.0.53"))});
    CHECK(internal_dns(config) == std::vector{ip("fd10::53"), ip("10.0.0.53")});
}

TEST_CASE("networks behind the gateway survive the wire, those with holes do not") {
    const std::vector<Prefix> subnets = {*Prefix::parse("10.20.0.0/14"),
                                         *Prefix::parse("fd20::/48"), *Prefix::parse("0.0.0.0/0")};
    ConfigPayload config = reply({});
    for (const Prefix& subnet : subnets) {
        config.attributes.push_back(internal_subnet(subnet));
    }
    config.attributes.push_back(
        {.type = Type::internal_ip4_subnet, .value = hex("0a000000 ff00ff00")});
    CHECK(to_hex(config.attributes[0].value) == "0a140000fffc0000");
    const auto decoded = ConfigPayload::decode(config.encode());
    REQUIRE(decoded.ok());
    CHECK(internal_subnets(*decoded) == subnets);
}

TEST_CASE("a domain is letters, digits, hyphens, underscores and dots [RFC8598-3.1]") {
    const ConfigPayload config =
        reply({internal_dns_domain("corp.example"), internal_dns_domain("_sip.x-1.example"),
               internal_dns_domain("a b"), internal_dns_domain("a\nb")});
    CHECK(internal_dns_domains(config) ==
          std::vector<std::string>{"corp.example", "_sip.x-1.example"});
}

TEST_CASE("each kind of attribute may be odd by itself, and is told [RFC7296-3.15.1]") {
    const auto odd = [](std::uint16_t type, std::size_t size) {
        const auto decoded =
            ConfigPayload::decode(reply({{.type = static_cast<Type>(type), .value = Bytes(size, 1)},
                                         internal_address(ip("10.1.0.7"))})
                                      .encode());
        REQUIRE(decoded.ok());
        CHECK(internal_addresses(*decoded).back() == Prefix{ip("10.1.0.7"), 32});
        return left_out(*decoded);
    };
    CHECK(odd(1, 5) == std::vector<std::string>{"INTERNAL_IP4_ADDRESS of 5 bytes"});
    CHECK(odd(2, 3) == std::vector<std::string>{"INTERNAL_IP4_NETMASK of 3 bytes"});
    CHECK(odd(3, 8) == std::vector<std::string>{"INTERNAL_IP4_DNS of 8 bytes"});
    CHECK(odd(8, 16) == std::vector<std::string>{"INTERNAL_IP6_ADDRESS of 16 bytes"});
    CHECK(odd(10, 17) == std::vector<std::string>{"INTERNAL_IP6_DNS of 17 bytes"});
    CHECK(odd(13, 4) == std::vector<std::string>{"INTERNAL_IP4_SUBNET of 4 bytes"});
    CHECK(odd(15, 16) == std::vector<std::string>{"INTERNAL_IP6_SUBNET of 16 bytes"});
    CHECK(odd(14, 3) == std::vector<std::string>{"SUPPORTED_ATTRIBUTES of 3 bytes"});
    CHECK(odd(99, 7).empty());  // RFC 7296 3.15: what is not known is left alone
    CHECK(odd(3, 0).empty());
}

TEST_CASE("values that mean nothing are told, duplicates count once") {
    const ConfigPayload config =
        reply({internal_address(ip("0.0.0.0")), internal_address(ip("ff02::1")),
               internal_dns(ip("10.0.0.53")), internal_dns(ip("10.0.0.53")),
               internal_dns_domain("a.example b.example"), internal_dns_domain("a..b"),
               internal_dns_domain("a.example.")});
    CHECK(internal_addresses(config).empty());
    CHECK(internal_dns(config).size() == 1);
    CHECK(internal_dns_domains(config) == std::vector<std::string>{"a.example."});
    CHECK(left_out(config).size() == 4);
}

TEST_CASE("more attributes than anybody needs are cut off, not the connection") {
    const auto decoded = ConfigPayload::decode(
        reply(std::vector<ConfigAttribute>(1000, internal_dns(ip("10.0.0.53")))).encode());
    REQUIRE(decoded.ok());
    CHECK(decoded->attributes.size() == max_config_attributes);
    CHECK(left_out(*decoded).size() == 1);
}
