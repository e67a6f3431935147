// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/proposal.hpp"

#include "tests/ike/wire/wire_testing.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ike;
using namespace ike::wire;
using namespace ike::wire::testing;

namespace {

// One ESP proposal: AES-GCM-16 with 256 bits, extended sequence numbers.
constexpr std::string_view esp_body =
    "00 00 0020 01 03 04 02 c1c2c3c4"  // last, length 32, number 1, ESP, SPI size 4, 2 transforms
    "03 00 000c 01 00 0014 800e 0100"  // more, ENCR 20, key length 256
    "00 00 0008 05 00 0001";           // last, ESN 1

Proposal esp_proposal() {
    return {.number = 1,
            .protocol = ProtocolId::esp,
            .spi = hex("c1c2c3c4"),
            .transforms = {{.type = TransformType::encr, .id = 20, .key_length = 256},
                           {.type = TransformType::esn, .id = 1}}};
}

/// The body with one byte put in place of another.
Bytes with(std::size_t offset, std::uint8_t byte) {
    Bytes body = hex(esp_body);
    body.at(offset) = byte;
    return body;
}

}  // namespace

TEST_CASE("an SA payload has the substructures of figures 6 to 9 [RFC7296-3.3]") {
    CHECK(means(esp_body, SaPayload{{esp_proposal()}}));
}

TEST_CASE("several proposals are marked as more and last [RFC7296-3.3.1]") {
    Proposal second{.number = 2,
                    .protocol = ProtocolId::ike,
                    .spi = {},
                    .transforms = {{.type = TransformType::prf, .id = 5}}};
    CHECK(
        means("02 00 0020 01 03 04 02 c1c2c3c4"
              "03 00 000c 01 00 0014 800e 0100"
              "00 00 0008 05 00 0001"
              "00 00 0010 02 01 00 01"
              "00 00 0008 02 00 0005",
              SaPayload{{esp_proposal(), second}}));
}

TEST_CASE("an SA payload cut anywhere is refused") {
    CHECK(accepted_cuts<SaPayload>(esp_body) == 0);
    CHECK(refusal<SaPayload>({}) == WireError::truncated);
}

TEST_CASE("lengths and markers of an SA payload have to agree [RFC7296-3.3.1, 3.3.2]") {
    CHECK(refusal<SaPayload>(with(0, 2)) == WireError::truncated);    // more, but none follows
    CHECK(refusal<SaPayload>(with(0, 1)) == WireError::bad_value);    // no such marker
    CHECK(refusal<SaPayload>(with(3, 3)) == WireError::bad_length);   // shorter than its own head
    CHECK(refusal<SaPayload>(with(3, 33)) == WireError::truncated);   // longer than the payload
    CHECK(refusal<SaPayload>(with(3, 28)) == WireError::bad_length);  // bytes behind the last one
    CHECK(refusal<SaPayload>(with(6, 8)) == WireError::bad_length);   // no SPI of ESP has 8 bytes
    CHECK(refusal<SaPayload>(with(7, 1)) == WireError::bad_length);   // more transforms than told
    CHECK(refusal<SaPayload>(with(7, 3)) == WireError::bad_length);   // fewer
    CHECK(refusal<SaPayload>(with(7, 65)) == WireError::too_many);
    CHECK(refusal<SaPayload>(with(12, 2)) == WireError::bad_value);   // a proposal's marker
    CHECK(refusal<SaPayload>(with(12, 0)) == WireError::bad_length);  // the last, but one follows
    CHECK(refusal<SaPayload>(with(15, 10)) == WireError::truncated);  // cuts the attribute in two
}

TEST_CASE("a proposal without transforms is refused [RFC7296-3.3.1]") {
    CHECK(refusal<SaPayload>(hex("00 00 0008 01 01 00 00")) == WireError::truncated);
}

TEST_CASE("reserved bytes of an SA payload are ignored [RFC7296-3.3.1, 3.3.2]") {
    for (const std::size_t offset : {1U, 13U, 17U, 25U, 29U}) {
        const auto sa = SaPayload::decode(with(offset, 0xff));
        REQUIRE(sa.ok());
        CHECK(equal(sa->encode(), hex(esp_body)));
    }
}

TEST_CASE("an SPI of IKE is absent or has 8 bytes, one of ESP has 4 [RFC7296-3.3.1]") {
    const auto of = [](ProtocolId protocol, std::size_t size) {
        Proposal proposal = esp_proposal();
        proposal.protocol = protocol;
        proposal.spi = Bytes(size, 1);
        return refusal<SaPayload>(SaPayload{{proposal}}.encode());
    };
    for (std::size_t size = 0; size < 20; ++size) {
        CHECK(of(ProtocolId::ike, size).has_value() == (size != 0 && size != 8));
        CHECK(of(ProtocolId::esp, size).has_value() == (size != 4));
        CHECK(of(ProtocolId::ah, size).has_value() == (size != 4));
        CHECK_FALSE(of(ProtocolId{200}, size));
    }
}

TEST_CASE("an attribute that is not the key length marks its transform [RFC7296-3.3.6]") {
    const auto transform = [](std::string_view attributes) {
        const Bytes tail = hex(attributes);
        Writer body;
        body.u16(0).u16(static_cast<std::uint16_t>(16 + tail.size())).u32(0x01010001);
        body.u16(0).u16(static_cast<std::uint16_t>(8 + tail.size())).u32(0x0100000c).put(tail);
        const auto sa = SaPayload::decode(body.view());
        REQUIRE(sa.ok());
        return sa->proposals.at(0).transforms.at(0);
    };
    CHECK_FALSE(transform("").unknown_attributes);
    CHECK_FALSE(transform("800e 0080").unknown_attributes);
    CHECK(transform("8063 0001 800e 0080").unknown_attributes);  // of two bytes
    CHECK(transform("0063 0003 010203").unknown_attributes);     // with a length
    CHECK(transform("000e 0002 0080").unknown_attributes);       // the key length, in no form of it
    CHECK(transform("800e 0080 800e 0100").unknown_attributes);  // two of them
    CHECK(transform("0063 0000 800e 0080").key_length == 128);
}

TEST_CASE("32 proposals are read, 33 are too many") {
    SaPayload sa;
    sa.proposals.assign(max_proposals, esp_proposal());
    CHECK_FALSE(refusal<SaPayload>(sa.encode()));
    sa.proposals.push_back(esp_proposal());
    CHECK(refusal<SaPayload>(sa.encode()) == WireError::too_many);
}

TEST_CASE("64 transforms in a proposal are read") {
    SaPayload sa{{esp_proposal()}};
    sa.proposals[0].transforms.assign(max_transforms, {.type = TransformType::ke, .id = 31});
    const auto decoded = SaPayload::decode(sa.encode());
    REQUIRE(decoded.ok());
    CHECK(*decoded == sa);
}

TEST_CASE("transform types are called by their names, or by their number") {
    CHECK(name(TransformType::integ) == "INTEG");
    CHECK(name(TransformType{9}) == "transform(9)");
}
