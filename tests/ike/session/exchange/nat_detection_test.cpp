// SPDX-License-Identifier: Apache-2.0
#include "ike/session/exchange/nat_detection.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::session;

namespace {

const IkeSpis spis{{0x0102030405060708}, {0x1112131415161718}};
const Path ours{{1}, {*IpAddress::parse("10.1.0.2"), 4500}, {*IpAddress::parse("192.0.2.1"), 4500}};

/// The same path as the gateway sees it, if nothing on the way changes it.
Path mirrored(const Path& path) {
    return {path.interface, path.remote, path.local};
}

std::vector<wire::Payload> from_gateway(const Path& seen) {
    return nat_detection(spis, seen, ClaimNat::no);
}

}  // namespace

TEST_CASE("the hash is SHA-1 over SPIs, address and port in that order [RFC7296-2.23]") {
    // printf 01..08 11..18 c0000201 1194 | sha1sum
    CHECK(to_hex(nat_detection_hash(spis, {*IpAddress::parse("192.0.2.1"), 4500})) ==
          "5184f43875ff7d9e3dfdc92bd1dee1a08204de3e");
}

TEST_CASE("hashes that match say that there is no NAT [RFC7296-2.23]") {
    CHECK(nat_verdict(from_gateway(mirrored(ours)), spis, ours) == NatVerdict{false, false});
}

TEST_CASE("a destination that is not our address says that we are behind a NAT [RFC7296-2.23]") {
    Path seen = mirrored(ours);
    seen.remote = {*IpAddress::parse("198.51.100.7"), 20000};
    CHECK(nat_verdict(from_gateway(seen), spis, ours) == NatVerdict{true, false});
}

TEST_CASE("a source that is not the gateway's address says that it is behind a NAT") {
    Path seen = mirrored(ours);
    seen.local.address = *IpAddress::parse("10.9.9.9");
    CHECK(nat_verdict(from_gateway(seen), spis, ours) == NatVerdict{false, true});
}

TEST_CASE("one of several sources has to match [RFC7296-2.23]") {
    auto payloads = from_gateway(mirrored(ours));
    Path other = mirrored(ours);
    other.local.address = *IpAddress::parse("10.9.9.9");
    payloads.push_back(from_gateway(other).front());
    CHECK(nat_verdict(payloads, spis, ours) == NatVerdict{false, false});
}

TEST_CASE("without both kinds of hashes there is no verdict") {
    auto payloads = from_gateway(mirrored(ours));
    payloads.pop_back();
    CHECK_FALSE(nat_verdict(payloads, spis, ours));
    CHECK_FALSE(nat_verdict({}, spis, ours));
}

TEST_CASE("claiming a NAT changes the source hash alone") {
    const auto honest = nat_detection(spis, ours, ClaimNat::no);
    const auto claimed = nat_detection(spis, ours, ClaimNat::yes);
    CHECK(honest[0] != claimed[0]);
    CHECK(honest[1] == claimed[1]);
}
