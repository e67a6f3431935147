// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/message.hpp"

#include "tests/ike/wire/wire_testing.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ike;
using namespace ike::wire;
using namespace ike::wire::testing;

namespace {

const Header informational{.initiator_spi = IkeSpi{1},
                           .responder_spi = IkeSpi{2},
                           .exchange = ExchangeType::informational,
                           .from_original_initiator = true,
                           .message_id = MessageId{3}};

NotifyPayload notify(NotifyType type) {
    return {.type = type, .data = {}, .spi = {}};
}

std::vector<Payload> decoded(PayloadType first, std::string_view chain) {
    const auto payloads = decode_payloads(first, hex(chain));
    REQUIRE(payloads.ok());
    return *payloads;
}

DecodeError refused(PayloadType first, ByteView chain) {
    const auto payloads = decode_payloads(first, chain);
    REQUIRE_FALSE(payloads.ok());
    return payloads.error();
}

DecodeError refused(PayloadType first, std::string_view chain) {
    return refused(first, hex(chain));
}

DecodeError error(WireError error, PayloadType type) {
    return {.error = error, .payload_type = static_cast<std::uint8_t>(type)};
}

}  // namespace

TEST_CASE("payloads are chained by the type of the next [RFC7296-3.2]") {
    const std::vector<Payload> payloads = {notify(NotifyType::update_sa_addresses),
                                           DeletePayload{.protocol = ProtocolId::ike, .spis = {}}};
    const EncodedPayloads encoded = encode_payloads(payloads);
    CHECK(encoded.first == PayloadType::notify);
    CHECK(equal(encoded.bytes, hex("2a 00 0008 00 00 4010"
                                   "00 00 0008 01 00 0000")));
    CHECK(*decode_payloads(encoded.first, encoded.bytes) == payloads);
}

TEST_CASE("a message is its header with the first type and the whole length, and the chain") {
    const std::vector<Payload> payloads = {notify(NotifyType::cookie2)};
    const Bytes bytes = encode_message(informational, payloads);
    CHECK(equal(bytes, hex("0000000000000001 0000000000000002 29 20 25 08 00000003 00000024"
                           "00 00 0008 00 00 4011")));
    const auto message = decode_message(bytes);
    REQUIRE(message.ok());
    CHECK(message->header.next_payload == PayloadType::notify);
    CHECK(message->header.length == 36);
    CHECK(message->payloads == payloads);
}

TEST_CASE("a message without payloads is whole, as an empty INFORMATIONAL is [RFC7296-1.4]") {
    const auto message = decode_message(encode_message(informational, {}));
    REQUIRE(message.ok());
    CHECK(message->header.next_payload == PayloadType::none);
    CHECK(message->payloads.empty());
    CHECK(decode_payloads(PayloadType::none, {})->empty());
}

TEST_CASE("an unknown payload is skipped, a critical one is named in the refusal [RFC7296-2.5]") {
    CHECK(decoded(PayloadType{200}, "29 00 0006 ffff 00 00 0008 00 00 4010").size() == 1);
    CHECK(refused(PayloadType{200}, "29 80 0006 ffff 00 00 0008 00 00 4010") ==
          error(WireError::unsupported_critical_payload, PayloadType{200}));
    CHECK(decoded(PayloadType{1}, "00 00 0004").empty());  // SA of IKEv1: unknown to us
}

TEST_CASE("the critical bit of a known payload and the reserved bits are ignored [RFC7296-2.5]") {
    CHECK(decoded(PayloadType::notify, "00 ff 0008 00 00 4010").size() == 1);
}

TEST_CASE("a chain cut anywhere is refused, with the payload that is cut") {
    const Bytes whole =
        hex("28 00 0009 001f 0000 aa"
            "00 00 0014 01010101010101010101010101010101");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const PayloadType cut = size < 9 ? PayloadType::ke : PayloadType::nonce;
        CHECK(refused(PayloadType::ke, ByteView(whole).first(size)) ==
              error(WireError::truncated, cut));
    }
    CHECK(decode_payloads(PayloadType::ke, whole)->size() == 2);
}

TEST_CASE("bytes behind the last payload are refused [RFC7296-3.2]") {
    CHECK(refused(PayloadType::notify, "00 00 0008 00 00 4010 00") ==
          error(WireError::bad_length, PayloadType::none));
    CHECK(refused(PayloadType::none, "00") == error(WireError::bad_length, PayloadType::none));
}

TEST_CASE("a payload shorter than its own header is refused [RFC7296-3.2]") {
    CHECK(refused(PayloadType::vendor_id, "2b 00 0003 00 00 0004") ==
          error(WireError::bad_length, PayloadType::vendor_id));
    CHECK(refused(PayloadType::vendor_id, "2b 00 0000") ==
          error(WireError::bad_length, PayloadType::vendor_id));
}

TEST_CASE("what stands once stands once, what may repeat may repeat") {
    const NoncePayload nonce{Bytes(16, 1)};
    const Identification id{.type = IdType::key_id, .data = {1}};
    const std::vector<Payload> single = {
        SaPayload{{{.protocol = ProtocolId::ike,
                    .spi = {},
                    .transforms = {{.type = TransformType::prf, .id = 5}}}}},
        KePayload{},
        IdiPayload{id},
        IdrPayload{id},
        AuthPayload{},
        nonce,
        TsiPayload{},
        TsrPayload{},
        ConfigPayload{},
        EapPayload{hex("03010004")}};
    for (const Payload& payload : single) {
        CAPTURE(name(payload_type(payload)));
        const EncodedPayloads twice =
            encode_payloads(std::vector{payload, Payload(nonce), payload});
        CHECK(refused(twice.first, twice.bytes) ==
              error(WireError::duplicate, payload_type(payload)));
    }
    const std::vector<Payload> several = {
        CertPayload{}, CertReqPayload{}, notify(NotifyType::cookie2),
        DeletePayload{.protocol = ProtocolId::esp, .spis = {}}, VendorIdPayload{}};
    for (const Payload& payload : several) {
        const EncodedPayloads twice = encode_payloads(std::vector{payload, payload});
        CHECK(decode_payloads(twice.first, twice.bytes)->size() == 2);
    }
}

TEST_CASE("64 payloads are read, 65 are too many, unknown ones counted") {
    std::vector<Payload> payloads(max_payloads, VendorIdPayload{});
    EncodedPayloads encoded = encode_payloads(payloads);
    CHECK(decode_payloads(encoded.first, encoded.bytes)->size() == max_payloads);
    const Bytes unknown = Writer().u32(0x2b000004).put(encoded.bytes).release();
    CHECK(refused(PayloadType{200}, unknown) == error(WireError::too_many, PayloadType::vendor_id));
}

TEST_CASE("the error of a body comes with the type of its payload") {
    CHECK(refused(PayloadType::nonce, "00 00 0005 01") ==
          error(WireError::bad_length, PayloadType::nonce));
}

TEST_CASE("an error of the header comes with no payload type") {
    const auto message = decode_message(hex("00"));
    REQUIRE_FALSE(message.ok());
    CHECK(message.error() == error(WireError::truncated, PayloadType::none));
}

TEST_CASE("SK and SKF are no part of an open chain [RFC7296-3.14]") {
    CHECK(refused(PayloadType::sk, "00 00 0004") == error(WireError::bad_value, PayloadType::sk));
    CHECK(refused(PayloadType::notify, "35 00 0008 00 00 4010 00 00 0004") ==
          error(WireError::bad_value, PayloadType::skf));
}

TEST_CASE("payloads and notifies are found by type, in their order") {
    NotifyPayload first = notify(NotifyType::nat_detection_source_ip);
    first.data = {1};
    NotifyPayload second = first;
    second.data = {2};
    const std::vector<Payload> payloads = {NoncePayload{Bytes(16)}, first, second,
                                           notify(NotifyType::no_proposal_chosen)};
    CHECK(find<NoncePayload>(payloads) == &std::get<NoncePayload>(payloads[0]));
    CHECK(find<KePayload>(payloads) == nullptr);
    CHECK(find_all<NotifyPayload>(payloads).size() == 3);
    CHECK(find_notify(payloads, NotifyType::nat_detection_source_ip)->data == Bytes{1});
    CHECK(find_notify(payloads, NotifyType::cookie) == nullptr);
    CHECK(find_error(payloads)->type == NotifyType::no_proposal_chosen);
    CHECK(find_error(std::span(payloads).first(3)) == nullptr);
}
