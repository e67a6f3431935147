// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/message.hpp"
#include "tests/ike/wire/wire_testing.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::wire;
using namespace ike::wire::testing;

namespace {

const Header auth_request{.initiator_spi = IkeSpi{1},
                          .responder_spi = IkeSpi{2},
                          .exchange = ExchangeType::ike_auth,
                          .from_original_initiator = true,
                          .message_id = MessageId{1}};

/// A protected message with this body, as its sender makes it.
Bytes sealed(ByteView body) {
    return Writer()
        .put(encode_sk_prefix(auth_request, PayloadType::idi, body.size()))
        .put(body)
        .release();
}

/// A message whose chain is written by hand; the header's length fits.
Bytes message(PayloadType first, std::string_view chain) {
    Header header = auth_request;
    const Bytes payloads = hex(chain);
    header.next_payload = first;
    header.length = static_cast<std::uint32_t>(header_size + payloads.size());
    return Writer().put(header.encode()).put(payloads).release();
}

DecodeError refused(ByteView datagram) {
    const auto envelope = decode_sk(datagram);
    REQUIRE_FALSE(envelope.ok());
    return envelope.error();
}

DecodeError error(WireError error, PayloadType type) {
    return {.error = error, .payload_type = static_cast<std::uint8_t>(type)};
}

}  // namespace

TEST_CASE("SK encloses the rest of the message; its associated data is all before [RFC7296-3.14]") {
    const Bytes body = hex("a1a2a3a4a5");
    const Bytes datagram = sealed(body);
    CHECK(equal(datagram, hex("0000000000000001 0000000000000002 2e 20 23 08 00000001 00000025"
                              "23 00 0009 a1a2a3a4a5")));
    const auto envelope = decode_sk(datagram);
    REQUIRE(envelope.ok());
    CHECK(envelope->first_inner == PayloadType::idi);
    CHECK(equal(envelope->body, body));
    CHECK(equal(envelope->associated_data,
                encode_sk_prefix(auth_request, PayloadType::idi, body.size())));
    CHECK(envelope->header.exchange == ExchangeType::ike_auth);
}

TEST_CASE("a protected message cut anywhere is refused as truncated") {
    const Bytes whole = sealed(hex("a1a2a3a4a5"));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(refused(cut).error == WireError::truncated);
        if (size >= header_size) {  // and so is one whose header agrees
            cut[27] = static_cast<std::uint8_t>(size);
            CHECK(refused(cut) == error(WireError::truncated, PayloadType::sk));
        }
    }
}

TEST_CASE("SK is the last payload and ends with the message [RFC7296-3.14]") {
    CHECK(refused(message(PayloadType::sk, "23 00 0006 aaaa 00")) ==
          error(WireError::bad_length, PayloadType::sk));
}

TEST_CASE("payloads before SK are ignored, but for unknown critical ones [RFC7296-2.5]") {
    CHECK(decode_sk(message(PayloadType::notify, "2e 80 0008 00004010 23 00 0006 aaaa")).ok());
    CHECK(decode_sk(message(PayloadType{200}, "2e 00 0004 23 00 0006 aaaa")).ok());
    CHECK(refused(message(PayloadType{200}, "2e 80 0004 23 00 0006 aaaa")) ==
          error(WireError::unsupported_critical_payload, PayloadType{200}));
}

TEST_CASE("payloads before SK belong to its associated data") {
    const Bytes datagram = message(PayloadType{200}, "2e 00 0004 23 00 0006 aaaa");
    const auto envelope = decode_sk(datagram);
    REQUIRE(envelope.ok());
    CHECK(envelope->associated_data.size() == header_size + 8);
    CHECK(equal(envelope->body, hex("aaaa")));
}

TEST_CASE("a message without SK is no protected one") {
    CHECK(refused(message(PayloadType::none, "")) ==
          error(WireError::bad_value, PayloadType::none));
    CHECK(refused(message(PayloadType::notify, "00 00 0008 00004010")) ==
          error(WireError::bad_value, PayloadType::none));
}

TEST_CASE("SKF says which fragment it is, and its numbers are associated data [RFC7383-2.5]") {
    const Bytes body = hex("a1a2a3a4a5");
    const Bytes datagram =
        Writer()
            .put(encode_skf_prefix(auth_request, PayloadType::idi, {1, 3}, body.size()))
            .put(body)
            .release();
    CHECK(equal(datagram, hex("0000000000000001 0000000000000002 35 20 23 08 00000001 00000029"
                              "23 00 000d 0001 0003 a1a2a3a4a5")));
    const auto envelope = decode_sk(datagram);
    REQUIRE(envelope.ok());
    CHECK(envelope->fragment == FragmentNumber{1, 3});
    CHECK(envelope->first_inner == PayloadType::idi);
    CHECK(envelope->associated_data.size() == header_size + payload_header_size + 4);
    CHECK(equal(envelope->body, body));
}

TEST_CASE("only the first fragment names a payload [RFC7383-2.5]") {
    const Bytes second = encode_skf_prefix(auth_request, PayloadType::idi, {2, 3}, 0);
    const auto envelope = decode_sk(second);
    REQUIRE(envelope.ok());
    CHECK(envelope->first_inner == PayloadType::none);
}

TEST_CASE(
    "a fragment without a number, beyond the total or cut in its head is none [RFC7383-2.6]") {
    const auto skf = [](std::string_view chain) { return message(PayloadType::skf, chain); };
    CHECK(decode_sk(skf("23 00 0008 00010001")).ok());
    CHECK(decode_sk(skf("23 00 0008 ffffffff")).ok());
    for (const char* numbers : {"0000 0001", "0000 0000", "0001 0000", "0003 0002"}) {
        CHECK(refused(skf(std::string("23 00 0008 ") + numbers)) ==
              error(WireError::bad_value, PayloadType::skf));
    }
    CHECK(refused(skf("23 00 0007 000100")) == error(WireError::truncated, PayloadType::skf));
    CHECK(refused(skf("23 00 0004")) == error(WireError::truncated, PayloadType::skf));
    CHECK(refused(skf("23 00 0008 00010002 00")) == error(WireError::bad_length, PayloadType::skf));
}

TEST_CASE("64 payloads before SK are too many") {
    Writer chain;
    for (std::size_t index = 0; index < max_payloads; ++index) {
        chain.u32(index + 1 == max_payloads ? 0x2e000004 : 0x2b000004);
    }
    chain.u32(0x23000004);
    const Bytes datagram = message(PayloadType::vendor_id, to_hex(chain.view()));
    CHECK(refused(datagram) == error(WireError::too_many, PayloadType::sk));
}

TEST_CASE("an empty SK is decoded; that it is too short is for the cipher to say") {
    const Bytes datagram = sealed({});
    const auto envelope = decode_sk(datagram);
    REQUIRE(envelope.ok());
    CHECK(envelope->body.empty());
}
