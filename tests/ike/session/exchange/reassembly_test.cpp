// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/reassembly.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::session;
using wire::PayloadType;

namespace {

using Use = Reassembly::Use;

wire::SkEnvelope fragment(std::uint16_t number, std::uint16_t total, std::uint32_t id = 1) {
    static const Bytes datagram(100, 0);
    return {.header = {.initiator_spi = {1},
                       .responder_spi = {2},
                       .exchange = wire::ExchangeType::ike_auth,
                       .message_id = {id}},
            .first_inner = number == 1 ? PayloadType::idr : PayloadType::none,
            .fragment = wire::FragmentNumber{number, total},
            .associated_data = datagram,
            .body = ByteView(datagram).first(number)};
}

Bytes text(std::uint8_t first, std::size_t size = 2) {
    return Bytes(size, first);
}

}  // namespace

TEST_CASE("fragments in any order make the message in its order [RFC7383-2.6]") {
    Reassembly parts;
    CHECK_FALSE(parts.add(fragment(3, 3), text(3)));
    CHECK_FALSE(parts.add(fragment(1, 3), text(1)));
    const auto whole = parts.add(fragment(2, 3), text(2));
    REQUIRE(whole);
    CHECK(whole->first == PayloadType::idr);
    CHECK(whole->chain == Bytes{1, 1, 2, 2, 3, 3});
    CHECK(whole->largest == 103);
}

TEST_CASE("a single fragment is a message") {
    const auto whole = Reassembly().add(fragment(1, 1), text(1));
    REQUIRE(whole);
    CHECK(whole->chain == Bytes{1, 1});
}

TEST_CASE("a fragment that is there already is not wanted again [RFC7383-2.6]") {
    Reassembly parts;
    CHECK(parts.use_of(fragment(1, 2)) == Use::wanted);
    (void)parts.add(fragment(1, 2), text(1));
    CHECK(parts.use_of(fragment(1, 2)) == Use::superfluous);
    CHECK(parts.use_of(fragment(2, 2)) == Use::wanted);
}

TEST_CASE("more fragments than before replace those, fewer are dropped [RFC7383-2.6]") {
    Reassembly parts;
    (void)parts.add(fragment(1, 2), text(1));
    CHECK(parts.use_of(fragment(2, 3)) == Use::wanted);
    CHECK_FALSE(parts.add(fragment(2, 3), text(5)));
    CHECK(parts.use_of(fragment(2, 2)) == Use::superfluous);
    CHECK_FALSE(parts.add(fragment(1, 3), text(4)));
    const auto whole = parts.add(fragment(3, 3), text(6));
    REQUIRE(whole);
    CHECK(whole->chain == Bytes{4, 4, 5, 5, 6, 6});
}

TEST_CASE("another message takes the place of one that stayed incomplete") {
    Reassembly parts;
    (void)parts.add(fragment(1, 3, 1), text(1));
    CHECK(parts.use_of(fragment(1, 2, 2)) == Use::wanted);
    (void)parts.add(fragment(1, 2, 2), text(7));
    const auto whole = parts.add(fragment(2, 2, 2), text(8));
    REQUIRE(whole);
    CHECK(whole->chain == Bytes{7, 7, 8, 8});
}

TEST_CASE("fragments of one message are of one exchange") {
    Reassembly parts;
    (void)parts.add(fragment(1, 2), text(1));
    auto other = fragment(2, 2);
    other.header.exchange = wire::ExchangeType::informational;
    CHECK(parts.use_of(other) == Use::refused);
}

TEST_CASE("no more fragments and no more bytes are held than a message of IKE has") {
    Reassembly parts;
    CHECK(parts.use_of(fragment(1, Reassembly::max_fragments)) == Use::wanted);
    CHECK(parts.use_of(fragment(1, Reassembly::max_fragments + 1)) == Use::refused);
    const std::size_t half = Reassembly::max_size / 2 + 1;
    CHECK_FALSE(parts.add(fragment(1, 2), text(1, half)));
    CHECK_FALSE(parts.add(fragment(2, 2), text(2, half)));
    CHECK(parts.use_of(fragment(1, 2)) == Use::wanted);  // nothing of it is held any more
}
