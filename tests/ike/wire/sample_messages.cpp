// SPDX-License-Identifier: Apache-2.0
#include "tests/ike/wire/sample_messages.hpp"

#include <string_view>
#include <utility>

namespace ike::wire::testing {

namespace {

enum class Direction : std::uint8_t { request, response };

Header head(ExchangeType exchange, Direction direction, std::uint32_t id) {
    return {.initiator_spi = IkeSpi{0x8a1b2c3d4e5f6071},
            .responder_spi = IkeSpi{0x9182736455463728},
            .exchange = exchange,
            .from_original_initiator = direction == Direction::request,
            .response = direction == Direction::response,
            .message_id = MessageId{id}};
}

Bytes filler(std::size_t size, std::uint8_t start) {
    Bytes bytes(size);
    for (std::uint8_t& byte : bytes) {
        byte = start++;
    }
    return bytes;
}

NotifyPayload notify(NotifyType type, Bytes data = {}) {
    return {.type = type, .data = std::move(data), .spi = {}};
}

Identification identification(IdType type, std::string_view text) {
    const ByteView bytes = as_bytes(text);
    return {.type = type, .data = Bytes(bytes.begin(), bytes.end())};
}

TrafficSelector net(std::string_view text) {
    return TrafficSelector::from(Prefix::parse(text).value());
}

IpAddress ip(std::string_view text) {
    return IpAddress::parse(text).value();
}

Proposal ike_proposal(Bytes spi = {}) {
    return {.number = 1,
            .protocol = ProtocolId::ike,
            .spi = std::move(spi),
            .transforms = {{.type = TransformType::encr, .id = 20, .key_length = 256},
                           {.type = TransformType::prf, .id = 6},
                           {.type = TransformType::ke, .id = 31}}};
}

SaPayload ike_offer() {
    Proposal second{.number = 2,
                    .protocol = ProtocolId::ike,
                    .spi = {},
                    .transforms = {{.type = TransformType::encr, .id = 12, .key_length = 256},
                                   {.type = TransformType::encr, .id = 12, .key_length = 128},
                                   {.type = TransformType::integ, .id = 12},
                                   {.type = TransformType::prf, .id = 5},
                                   {.type = TransformType::ke, .id = 31},
                                   {.type = TransformType::ke, .id = 14}}};
    return {{ike_proposal(), std::move(second)}};
}

SaPayload esp_offer(std::uint8_t spi_start) {
    return {{{.number = 1,
              .protocol = ProtocolId::esp,
              .spi = filler(4, spi_start),
              .transforms = {{.type = TransformType::encr, .id = 20, .key_length = 256},
                             {.type = TransformType::esn, .id = 1},
                             {.type = TransformType::esn, .id = 0}}}}};
}

std::vector<SampleMessage> ike_sa_init() {
    using enum ExchangeType;
    Header first = head(ike_sa_init, Direction::request, 0);
    first.responder_spi = IkeSpi{0};
    const std::vector<Payload> nat_detection = {
        notify(NotifyType::nat_detection_source_ip, filler(20, 10)),
        notify(NotifyType::nat_detection_destination_ip, filler(20, 40))};
    std::vector<Payload> request = {
        ike_offer(),
        KePayload{.group = 31, .data = filler(32, 1)},
        NoncePayload{filler(32, 2)},
        nat_detection[0],
        nat_detection[1],
        notify(NotifyType::ikev2_fragmentation_supported),
        notify(NotifyType::signature_hash_algorithms, {0, 2, 0, 3, 0, 4, 0, 5}),
        notify(NotifyType::redirect_supported)};
    std::vector<Payload> response = {
        SaPayload{{ike_proposal()}},
        KePayload{.group = 31, .data = filler(32, 3)},
        NoncePayload{filler(32, 4)},
        nat_detection[0],
        nat_detection[1],
        CertReqPayload{.encoding = CertEncoding::x509_signature, .authorities = filler(40, 5)},
        VendorIdPayload{filler(16, 6)}};
    const Header answer = head(ike_sa_init, Direction::response, 0);
    return {
        {"ike_sa_init_request", {first, std::move(request)}},
        {"ike_sa_init_response", {answer, std::move(response)}},
        {"ike_sa_init_cookie", {answer, {notify(NotifyType::cookie, filler(24, 7))}}},
        {"ike_sa_init_invalid_ke", {answer, {notify(NotifyType::invalid_ke_payload, {0, 14})}}}};
}

std::vector<SampleMessage> ike_auth() {
    using enum ExchangeType;
    std::vector<Payload> request = {
        IdiPayload{identification(IdType::rfc822_addr, "alice@example.org")},
        CertPayload{.encoding = CertEncoding::x509_signature, .data = filler(120, 8)},
        CertReqPayload{.encoding = CertEncoding::x509_signature, .authorities = filler(20, 9)},
        IdrPayload{identification(IdType::fqdn, "vpn.example.org")},
        AuthPayload{.method = AuthMethod::digital_signature, .data = filler(80, 10)},
        ConfigPayload{.type = ConfigType::request,
                      .attributes = {any_of(ConfigAttributeType::internal_ip4_address),
                                     any_of(ConfigAttributeType::internal_ip6_address),
                                     any_of(ConfigAttributeType::internal_ip4_dns)}},
        esp_offer(0x31),
        TsiPayload{.selectors = {net("0.0.0.0/0"), net("::/0")}},
        TsrPayload{.selectors = {net("10.20.0.0/16"), net("fd20::/64")}},
        notify(NotifyType::initial_contact),
        notify(NotifyType::mobike_supported),
        additional_address(ip("2001:db8::7"))};
    std::vector<Payload> response = {
        IdrPayload{identification(IdType::fqdn, "vpn.example.org")},
        CertPayload{.encoding = CertEncoding::x509_signature, .data = filler(100, 11)},
        AuthPayload{.method = AuthMethod::digital_signature, .data = filler(80, 12)},
        ConfigPayload{
            .type = ConfigType::reply,
            .attributes = {internal_address(ip("10.20.1.7")), internal_address(ip("fd20::7"), 64),
                           internal_dns(ip("10.20.0.53")),
                           internal_subnet(*Prefix::parse("10.20.0.0/16")),
                           internal_dns_domain("corp.example")}},
        esp_offer(0x51),
        TsiPayload{.selectors = {net("10.20.1.7/32")}},
        TsrPayload{.selectors = {net("10.20.0.0/16")}},
        notify(NotifyType::mobike_supported),
        notify(NotifyType::no_additional_addresses)};
    std::vector<Payload> eap = {IdrPayload{identification(IdType::fqdn, "vpn.example.org")},
                                EapPayload{{1, 0, 0, 5, 1}}};
    return {
        {"ike_auth_request", {head(ike_auth, Direction::request, 1), std::move(request)}},
        {"ike_auth_response", {head(ike_auth, Direction::response, 1), std::move(response)}},
        {"ike_auth_eap", {head(ike_auth, Direction::response, 1), std::move(eap)}},
        {"ike_auth_failed",
         {head(ike_auth, Direction::response, 1), {notify(NotifyType::authentication_failed)}}}};
}

std::vector<SampleMessage> create_child_sa() {
    using enum ExchangeType;
    std::vector<Payload> child = {child_sa_notify(NotifyType::rekey_sa, ChildSpi{0x31323334}),
                                  esp_offer(0x61), NoncePayload{filler(32, 13)},
                                  TsiPayload{.selectors = {net("10.20.1.7/32")}},
                                  TsrPayload{.selectors = {net("10.20.0.0/16")}}};
    std::vector<Payload> ike = {SaPayload{{ike_proposal(filler(8, 0x71))}},
                                NoncePayload{filler(32, 14)},
                                KePayload{.group = 31, .data = filler(32, 15)}};
    return {{"create_child_sa_rekey_child",
             {head(create_child_sa, Direction::request, 2), std::move(child)}},
            {"create_child_sa_rekey_ike",
             {head(create_child_sa, Direction::response, 3), std::move(ike)}}};
}

std::vector<SampleMessage> informational() {
    using enum ExchangeType;
    std::vector<Payload> update = {notify(NotifyType::update_sa_addresses),
                                   notify(NotifyType::nat_detection_source_ip, filler(20, 16)),
                                   notify(NotifyType::nat_detection_destination_ip, filler(20, 17)),
                                   notify(NotifyType::cookie2, filler(16, 18))};
    std::vector<Payload> gone = {
        DeletePayload{.protocol = ProtocolId::esp, .spis = {ChildSpi{1}, ChildSpi{2}}}};
    return {{"informational_update_sa_addresses",
             {head(informational, Direction::request, 4), std::move(update)}},
            {"informational_delete_child",
             {head(informational, Direction::request, 5), std::move(gone)}},
            {"informational_delete_ike",
             {head(informational, Direction::request, 6),
              {DeletePayload{.protocol = ProtocolId::ike, .spis = {}}}}},
            {"informational_empty", {head(informational, Direction::response, 7), {}}}};
}

}  // namespace

std::vector<SampleMessage> sample_messages() {
    std::vector<SampleMessage> all;
    for (const auto& exchange : {ike_sa_init(), ike_auth(), create_child_sa(), informational()}) {
        all.insert(all.end(), exchange.begin(), exchange.end());
    }
    return all;
}

}  // namespace ike::wire::testing
