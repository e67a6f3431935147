// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/traffic_selector.hpp"

#include "tests/ike/wire/wire_testing.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ike;
using namespace ike::wire;
using namespace ike::wire::testing;

namespace {

IpAddress ip(std::string_view text) {
    return IpAddress::parse(text).value();
}

TrafficSelector net(std::string_view text) {
    return TrafficSelector::from(Prefix::parse(text).value());
}

TrafficSelector range(std::string_view first, std::string_view last) {
    return {.first = ip(first), .last = ip(last)};
}

TrafficSelector tcp(std::string_view text, std::uint16_t first_port, std::uint16_t last_port) {
    TrafficSelector selector = net(text);
    selector.protocol = 6;
    selector.first_port = first_port;
    selector.last_port = last_port;
    return selector;
}

/// The prefixes that cover a range, in one line.
std::string cover(const TrafficSelector& selector) {
    std::string text;
    for (const Prefix& prefix : selector.prefixes()) {
        text += (text.empty() ? "" : " ") + prefix.text();
    }
    return text;
}

}  // namespace

TEST_CASE("a selector from a prefix selects all of its addresses and nothing else") {
    const TrafficSelector selector = net("10.1.0.0/16");
    CHECK(selector.contains(ip("10.1.0.0")));
    CHECK(selector.contains(ip("10.1.255.255")));
    CHECK_FALSE(selector.contains(ip("10.2.0.0")));
    CHECK_FALSE(selector.contains(ip("::")));
    CHECK(net("::/0").contains(ip("2001:db8::1")));
    CHECK_FALSE(net("::/0").contains(ip("10.1.0.0")));
}

TEST_CASE("two selectors share the overlap of addresses, protocols and ports [RFC7296-2.9]") {
    CHECK(net("10.0.0.0/8").intersect(net("10.1.0.0/16")) == net("10.1.0.0/16"));
    CHECK(range("10.0.0.1", "10.0.0.9").intersect(range("10.0.0.5", "10.0.0.20")) ==
          range("10.0.0.5", "10.0.0.9"));
    CHECK(tcp("10.0.0.0/8", 80, 443).intersect(net("10.0.0.0/8")) == tcp("10.0.0.0/8", 80, 443));
    CHECK(tcp("10.0.0.0/8", 80, 443).intersect(tcp("10.0.0.0/8", 100, 500)) ==
          tcp("10.0.0.0/8", 100, 443));
}

TEST_CASE("selectors without an overlap share nothing") {
    TrafficSelector udp = tcp("10.0.0.0/8", 80, 80);
    udp.protocol = 17;
    CHECK_FALSE(udp.intersect(tcp("10.0.0.0/8", 80, 80)));
    CHECK_FALSE(net("10.0.0.0/8").intersect(net("11.0.0.0/8")));
    CHECK_FALSE(net("0.0.0.0/0").intersect(net("::/0")));
    CHECK_FALSE(tcp("10.0.0.0/8", 1, 2).intersect(tcp("10.0.0.0/8", 3, 4)));
}

TEST_CASE("ANY includes OPAQUE, no range of ports does [RFC7296-3.13.1]") {
    const TrafficSelector opaque = tcp("10.0.0.0/8", 65535, 0);
    CHECK(net("10.0.0.0/8").contains(opaque));
    CHECK(opaque.intersect(net("10.0.0.0/8")) == opaque);
    CHECK(opaque.intersect(opaque) == opaque);
    CHECK_FALSE(opaque.intersect(tcp("10.0.0.0/8", 0, 80)));
    CHECK_FALSE(opaque.contains(net("10.0.0.0/8")));
}

TEST_CASE("a range is covered by the fewest prefixes") {
    CHECK(cover(net("10.0.0.0/8")) == "10.0.0.0/8");
    CHECK(cover(net("0.0.0.0/0")) == "0.0.0.0/0");
    CHECK(cover(net("::/0")) == "::/0");
    CHECK(cover(range("10.0.0.1", "10.0.0.6")) ==
          "10.0.0.1/32 10.0.0.2/31 10.0.0.4/31 10.0.0.6/32");
    CHECK(cover(range("10.0.0.255", "10.0.1.0")) == "10.0.0.255/32 10.0.1.0/32");
    CHECK(cover(range("255.255.255.254", "255.255.255.255")) == "255.255.255.254/31");
    CHECK(cover(range("2001:db8::1", "2001:db8::2")) == "2001:db8::1/128 2001:db8::2/128");
}

TEST_CASE("the worst range of each family needs 62 and 254 prefixes") {
    CHECK(range("0.0.0.1", "255.255.255.254").prefixes().size() == 62);
    CHECK(range("::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe").prefixes().size() == 254);
}

TEST_CASE("a range that runs backwards is covered by nothing") {
    CHECK(range("10.0.0.2", "10.0.0.1").prefixes().empty());
}

TEST_CASE("a selector reads as a prefix where it is one, with what narrows it") {
    CHECK(net("10.0.0.0/8").text() == "10.0.0.0/8");
    CHECK(range("10.0.0.1", "10.0.0.9").text() == "10.0.0.1-10.0.0.9");
    CHECK(tcp("10.0.0.0/8", 80, 443).text() == "10.0.0.0/8 protocol 6 ports 80-443");
    CHECK(tcp("2001:db8::/32", 65535, 0).text() == "2001:db8::/32 protocol 6 ports OPAQUE");
}

TEST_CASE("an offer is narrowed to what is allowed, each part once [RFC7296-2.9]") {
    const std::vector offered = {net("10.1.2.3/32"), net("0.0.0.0/0"), net("::/0")};
    const std::vector allowed = {net("10.1.0.0/16"), net("10.1.2.0/24"), net("192.0.2.0/24")};
    CHECK(narrow(offered, allowed) == std::vector{net("10.1.0.0/16"), net("192.0.2.0/24")});
    CHECK(narrow(offered, {}).empty());
    CHECK(narrow(std::vector{net("10.0.0.0/8")}, std::vector{net("11.0.0.0/8")}).empty());
}

TEST_CASE("narrowing yields no more selectors than a payload can count [RFC7296-3.13]") {
    std::vector<TrafficSelector> hosts;
    for (unsigned port = 0; port < 300; ++port) {
        const auto number = static_cast<std::uint16_t>(port);
        hosts.push_back(tcp("10.0.0.0/8", number, number));
    }
    CHECK(narrow(hosts, std::vector{net("0.0.0.0/0")}).size() == max_selectors);
}

TEST_CASE("an answer has to lie within the offer and select something [RFC7296-2.9]") {
    const std::vector offered = {net("10.0.0.0/8"), net("::/0")};
    CHECK(is_narrowed_from(offered, offered));
    CHECK(is_narrowed_from(std::vector{net("10.7.0.0/16")}, offered));
    CHECK(is_narrowed_from(std::vector{tcp("10.7.0.0/16", 80, 80), net("fd00::/8")}, offered));
    CHECK_FALSE(is_narrowed_from(std::vector{net("0.0.0.0/0")}, offered));
    CHECK_FALSE(is_narrowed_from(std::vector{net("10.7.0.0/16"), net("11.0.0.0/8")}, offered));
    CHECK_FALSE(is_narrowed_from({}, offered));
}

TEST_CASE("TSi and TSr have the fields of figures 19 and 20 [RFC7296-3.13]") {
    constexpr std::string_view body =
        "02 000000"
        "07 06 0010 0050 01bb 0a000000 0affffff"
        "08 00 0028 0000 ffff 20010db8000000000000000000000000"
        "                     20010db8ffffffffffffffffffffffff";
    const std::vector selectors = {tcp("10.0.0.0/8", 80, 443), net("2001:db8::/32")};
    CHECK(means(body, TsiPayload{.selectors = selectors}));
    CHECK(means(body, TsrPayload{.selectors = selectors}));
    CHECK(accepted_cuts<TsiPayload>(body) == 0);
    CHECK(accepted_cuts<TsrPayload>(body) == 0);
}

TEST_CASE("selectors of an unknown type are left out and counted [RFC7296-3.13.1]") {
    const auto decoded =
        TsiPayload::decode(hex("02 000000"
                               "09 00 000b 00000000 aabbcc"
                               "07 00 0010 0000 ffff 0a000000 0affffff"));
    REQUIRE(decoded.ok());
    CHECK(decoded->selectors == std::vector{net("10.0.0.0/8")});
    CHECK(decoded->unknown == 1);
}

TEST_CASE("a selector whose fields contradict each other is refused") {
    CHECK(refusal<TsiPayload>(hex("01 000000 07 00 0028 0000 ffff 0a000000 0affffff")) ==
          WireError::bad_length);
    CHECK(refusal<TsiPayload>(hex("01 000000 09 00 0003")) == WireError::bad_length);
    CHECK(refusal<TsiPayload>(hex("01 000000 07 00 0010 0000 ffff 0affffff 0a000000")) ==
          WireError::bad_value);
    CHECK(refusal<TsiPayload>(hex("01 000000 07 00 0010 0002 0001 0a000000 0affffff")) ==
          WireError::bad_value);
    CHECK_FALSE(refusal<TsiPayload>(hex("01 000000 07 00 0010 ffff 0000 0a000000 0affffff")));
}

TEST_CASE("the number of selectors is that of the payload [RFC7296-3.13]") {
    CHECK(refusal<TsrPayload>(hex("00 000000 00")) == WireError::bad_length);
    CHECK(refusal<TsrPayload>(hex("01 000000")) == WireError::truncated);
    CHECK_FALSE(refusal<TsrPayload>(hex("00 ffffff")));
    TsrPayload full;
    full.selectors.assign(max_selectors, net("10.0.0.0/8"));
    const Bytes body = full.encode();
    CHECK_FALSE(refusal<TsrPayload>(body));
    CHECK(body[0] == max_selectors);  // one byte says no more
}
