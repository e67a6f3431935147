// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/notify.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::wire;

namespace {

Bytes hex(std::string_view text) {
    return from_hex(text).value();
}

}  // namespace

TEST_CASE("a notify without an SPI is four bytes of head and its data [RFC7296-3.10]") {
    const NotifyPayload notify{.type = NotifyType::update_sa_addresses, .data = {}, .spi = {}};
    CHECK(to_hex(notify.encode()) == "00004010");
    CHECK(NotifyPayload::decode(notify.encode()).ok());
    CHECK(*NotifyPayload::decode(notify.encode()) == notify);
}

TEST_CASE("REKEY_SA names the Child SA by its four-byte SPI [RFC7296-2.8]") {
    const NotifyPayload notify = child_sa_notify(NotifyType::rekey_sa, ChildSpi{0x11223344});
    CHECK(to_hex(notify.encode()) == "0304400911223344");
    CHECK(child_spi(notify) == ChildSpi{0x11223344});
}

TEST_CASE("a notify cut anywhere is refused as truncated") {
    const Bytes whole = hex("03 04 4009 11223344");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto decoded = NotifyPayload::decode(ByteView(whole).first(size));
        REQUIRE_FALSE(decoded.ok());
        CHECK(decoded.error() == WireError::truncated);
    }
}

TEST_CASE("an SPI of a size that no protocol has is refused") {
    const auto decoded = NotifyPayload::decode(hex("03 03 4009 112233"));
    REQUIRE_FALSE(decoded.ok());
    CHECK(decoded.error() == WireError::bad_length);
}

TEST_CASE("a notify type without a name is decoded and called by its number") {
    const auto decoded = NotifyPayload::decode(hex("00 00 9c41 0102"));
    REQUIRE(decoded.ok());
    CHECK(name(decoded->type) == "NOTIFY(40001)");
    CHECK(to_hex(decoded->data) == "0102");
    CHECK_FALSE(is_error(decoded->type));
}

TEST_CASE("COOKIE2 is 8 to 64 bytes [RFC4555-4.2.2]") {
    CHECK_FALSE(is_cookie2_size(7));
    CHECK(is_cookie2_size(8));
    CHECK(is_cookie2_size(64));
    CHECK_FALSE(is_cookie2_size(65));
}

TEST_CASE("additional addresses of both families survive the wire [RFC4555-4.2.1]") {
    for (const char* text : {"192.0.2.7", "2001:db8::7"}) {
        const IpAddress address = IpAddress::parse(text).value();
        const auto decoded = NotifyPayload::decode(additional_address(address).encode());
        REQUIRE(decoded.ok());
        CHECK(additional_address(*decoded) == address);
    }
}

TEST_CASE("an additional address of the wrong size for its type is none") {
    CHECK_FALSE(additional_address(NotifyPayload{
        .type = NotifyType::additional_ip6_address, .data = {192, 0, 2, 7}, .spi = {}}));
}

TEST_CASE("INVALID_KE_PAYLOAD names the wanted group in exactly two bytes [RFC7296-1.3]") {
    NotifyPayload notify{.type = NotifyType::invalid_ke_payload, .data = {0, 19}, .spi = {}};
    CHECK(wanted_group(notify) == 19);
    notify.data.push_back(0);
    CHECK_FALSE(wanted_group(notify));
}

TEST_CASE("types below 16384 are errors, the others are not [RFC7296-3.10.1]") {
    CHECK(is_error(NotifyType::unexpected_nat_detected));
    CHECK_FALSE(is_error(NotifyType::initial_contact));
}
