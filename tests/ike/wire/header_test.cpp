// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/header.hpp"

#include "tests/ike/wire/wire_testing.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::wire;
using namespace ike::wire::testing;

namespace {

constexpr std::string_view request =
    "0102030405060708 1112131415161718"  // the two SPIs
    "29 20 25 08"                        // notify, version 2.0, INFORMATIONAL, I
    "00000007 0000001c";                 // Message ID, length

Header decoded(std::string_view text) {
    const auto header = Header::decode(hex(text));
    REQUIRE(header.ok());
    return *header;
}

}  // namespace

TEST_CASE("the IKE header has the fields of figure 4 [RFC7296-3.1]") {
    const Header header{.initiator_spi = IkeSpi{0x0102030405060708},
                        .responder_spi = IkeSpi{0x1112131415161718},
                        .next_payload = PayloadType::notify,
                        .exchange = ExchangeType::informational,
                        .from_original_initiator = true,
                        .message_id = MessageId{7},
                        .length = 28};
    CHECK(means(request, header));
}

TEST_CASE("each flag has a bit of its own, the others are ignored [RFC7296-3.1]") {
    Bytes bytes = hex(request);
    for (unsigned flags = 0; flags < 256; ++flags) {
        bytes[19] = static_cast<std::uint8_t>(flags);
        const auto header = Header::decode(bytes);
        REQUIRE(header.ok());
        CHECK(header->from_original_initiator == ((flags & 0x08U) != 0));
        CHECK(header->higher_version == ((flags & 0x10U) != 0));
        CHECK(header->response == ((flags & 0x20U) != 0));
        CHECK(header->encode()[19] == (flags & 0x38U));
    }
}

TEST_CASE("a header cut anywhere is refused as truncated") {
    const Bytes whole = hex(request);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CHECK(refusal<Header>(ByteView(whole).first(size)) == WireError::truncated);
    }
}

TEST_CASE("a minor version is ignored, another major version is refused [RFC7296-2.5]") {
    Bytes bytes = hex(request);
    bytes[17] = 0x2f;
    CHECK_FALSE(refusal<Header>(bytes));
    for (const std::uint8_t version : Bytes{0x10, 0x30}) {
        bytes[17] = version;
        CHECK(refusal<Header>(bytes) == WireError::invalid_major_version);
    }
}

TEST_CASE("the length has to be that of the datagram [RFC7296-3.1]") {
    Bytes bytes = hex(request);
    bytes.push_back(0);
    CHECK(refusal<Header>(bytes) == WireError::bad_length);
    bytes[27] = 0x1e;
    CHECK(refusal<Header>(bytes) == WireError::truncated);
    bytes[27] = 0x1d;
    CHECK_FALSE(refusal<Header>(bytes));
}

TEST_CASE("payloads and exchanges are called by their names in the RFC, or by their number") {
    const Header header = decoded(request);
    CHECK(name(header.next_payload) == "N");
    CHECK(name(header.exchange) == "INFORMATIONAL");
    CHECK(name(PayloadType::tsi) == "TSi");
    CHECK(name(PayloadType{99}) == "payload(99)");
    CHECK(name(ExchangeType{99}) == "exchange(99)");
}
