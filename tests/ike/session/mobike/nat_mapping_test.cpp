// SPDX-License-Identifier: Apache-2.0
#include "ike/session/mobike/nat_mapping.hpp"

#include "ike/session/mobike/additional_addresses.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::session;
using wire::NotifyType;

namespace {

std::vector<wire::Payload> sees(std::uint8_t mapping) {
    return {wire::NotifyPayload{
        .type = NotifyType::nat_detection_destination_ip, .data = Bytes(20, mapping), .spi = {}}};
}

const IpAddress one = *IpAddress::parse("192.0.2.1");
const IpAddress other = *IpAddress::parse("192.0.2.2");

}  // namespace

TEST_CASE("another mapping than the update's answer had is a change, once [RFC4555-3.8]") {
    NatMapping mapping;
    mapping.learn(sees(1));
    CHECK(mapping.can_compare());
    CHECK_FALSE(mapping.is_changed(sees(1), true));
    CHECK_FALSE(mapping.is_changed({}, true));
    CHECK(mapping.is_changed(sees(2), false));
    CHECK_FALSE(mapping.is_changed(sees(2), false));
}

TEST_CASE("without a mapping to compare with, missing data is the only reason for a change") {
    NatMapping mapping;
    CHECK_FALSE(mapping.is_changed(sees(1), false));
    CHECK(mapping.is_changed(sees(1), true));
    mapping.learn({});  // a gateway that does not say
    CHECK(mapping.learned());
    CHECK_FALSE(mapping.can_compare());
    CHECK_FALSE(mapping.is_changed(sees(1), true));
}

TEST_CASE("UNEXPECTED_NAT_DETECTED is asked again as often in a row as a request is repeated") {
    NatMapping mapping;
    CHECK(mapping.may_ask_again(3));
    CHECK(mapping.may_ask_again(3));
    CHECK_FALSE(mapping.may_ask_again(3));
    mapping.met_none();
    CHECK(mapping.may_ask_again(3));
}

TEST_CASE("our addresses are told once, unless an answer is lost [RFC4555-3.6]") {
    AdditionalAddresses addresses;
    addresses.tell_again();
    CHECK_FALSE(addresses.pending());  // the gateway may not know any
    addresses.set_ours({one, other});
    CHECK(addresses.pending());
    const auto told = addresses.take_payloads(one);
    REQUIRE(told.size() == 1);
    CHECK(wire::find_notify(told, NotifyType::additional_ip4_address) != nullptr);
    CHECK_FALSE(addresses.pending());
    addresses.set_ours({one, other});
    CHECK_FALSE(addresses.pending());
    addresses.tell_again();
    CHECK(addresses.pending());
}

TEST_CASE("IKE_AUTH tells of additional addresses or of nothing [RFC4555-3.4]") {
    AdditionalAddresses addresses;
    addresses.set_ours({one});
    CHECK(addresses.take_first_payloads(one).empty());
    addresses.set_ours({one, other});
    CHECK(addresses.take_first_payloads(one).size() == 1);
}

TEST_CASE("the gateway's set is told when it changes, without what the tunnel leads to") {
    AdditionalAddresses addresses;
    const std::vector<wire::Payload> payloads{wire::additional_address(other)};
    const auto set = addresses.on_peer_payloads(payloads, one, {});
    REQUIRE(set);
    CHECK(*set == std::vector{one, other});
    CHECK_FALSE(addresses.on_peer_payloads(payloads, one, {}));
    CHECK_FALSE(addresses.on_peer_payloads({}, one, {}));
    const auto inside = addresses.on_peer_payloads(
        payloads, one, {wire::TrafficSelector::from(Prefix::host(other))});
    REQUIRE(inside);
    CHECK(*inside == std::vector{one});
}
