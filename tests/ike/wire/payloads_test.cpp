// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/payloads.hpp"

#include "tests/ike/wire/wire_testing.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::wire;
using namespace ike::wire::testing;

TEST_CASE("KE is a group, two reserved bytes and the public value [RFC7296-3.4]") {
    CHECK(means("001f 0000 a1a2a3a4", KePayload{.group = 31, .data = hex("a1a2a3a4")}));
    CHECK(KePayload::decode(hex("001f ffff a1"))->data == hex("a1"));
    for (const auto* cut : {"", "00", "001f", "001f00"}) {
        CHECK(refusal<KePayload>(hex(cut)) == WireError::truncated);
    }
}

TEST_CASE("a nonce has 16 to 256 bytes [RFC7296-3.9]") {
    CHECK(refusal<NoncePayload>(Bytes(15)) == WireError::bad_length);
    CHECK(NoncePayload::decode(Bytes(16, 7))->encode() == Bytes(16, 7));
    CHECK(NoncePayload::decode(Bytes(256, 7))->data == Bytes(256, 7));
    CHECK(refusal<NoncePayload>(Bytes(257)) == WireError::bad_length);
}

TEST_CASE("AUTH is a method, three reserved bytes and data [RFC7296-3.8]") {
    CHECK(means("0e 000000 0c30",
                AuthPayload{.method = AuthMethod::digital_signature, .data = hex("0c30")}));
    CHECK(AuthPayload::decode(hex("02 ffffff 55"))->encode() == hex("02 000000 55"));
    for (const auto* cut : {"", "02", "0200", "020000"}) {
        CHECK(refusal<AuthPayload>(hex(cut)) == WireError::truncated);
    }
    CHECK(name(AuthMethod::digital_signature) == "Digital Signature");
    CHECK(name(AuthMethod{99}) == "AUTH(99)");
}

TEST_CASE("CERT is an encoding and the certificate [RFC7296-3.6]") {
    CHECK(means("04 3003020101",
                CertPayload{.encoding = CertEncoding::x509_signature, .data = hex("3003020101")}));
    CHECK(refusal<CertPayload>({}) == WireError::truncated);
}

TEST_CASE("CERTREQ holds whole SHA-1 hashes, or none [RFC7296-3.7]") {
    const CertReqPayload two{.encoding = CertEncoding::x509_signature, .authorities = Bytes(40, 3)};
    CHECK(CertReqPayload::decode(two.encode())->authorities == two.authorities);
    CHECK_FALSE(refusal<CertReqPayload>(hex("04")));
    CHECK(refusal<CertReqPayload>(Bytes(40, 4)) == WireError::bad_length);
    CHECK(refusal<CertReqPayload>({}) == WireError::truncated);
    CHECK_FALSE(refusal<CertReqPayload>(hex("0c 0102")));  // of other encodings, anything
}

TEST_CASE("the delete of an IKE SA names no SPI [RFC7296-3.11]") {
    CHECK(means("01 00 0000", DeletePayload{.protocol = ProtocolId::ike, .spis = {}}));
    CHECK(refusal<DeletePayload>(hex("01 08 0001 0102030405060708")) == WireError::bad_length);
    CHECK(refusal<DeletePayload>(hex("01 00 0001")) == WireError::bad_length);
    CHECK(refusal<DeletePayload>(hex("01 00 0000 00")) == WireError::bad_length);
}

TEST_CASE("the delete of Child SAs lists four-byte SPIs [RFC7296-3.11]") {
    const DeletePayload two{.protocol = ProtocolId::esp,
                            .spis = {ChildSpi{0x01020304}, ChildSpi{0xa1a2a3a4}}};
    CHECK(means("03 04 0002 01020304 a1a2a3a4", two));
    CHECK(accepted_cuts<DeletePayload>("03 04 0002 01020304 a1a2a3a4") == 0);
    CHECK(refusal<DeletePayload>(hex("03 04 0002 01020304 a1a2a3")) == WireError::truncated);
    CHECK(refusal<DeletePayload>(hex("03 04 0001 01020304 00")) == WireError::bad_length);
    CHECK(refusal<DeletePayload>(hex("03 08 0000")) == WireError::bad_length);
    CHECK(refusal<DeletePayload>(hex("00 00 0000")) == WireError::bad_value);
    CHECK(refusal<DeletePayload>(hex("04 04 0000")) == WireError::bad_value);
}

TEST_CASE("a delete of 128 SPIs is read, one of 129 is too many") {
    DeletePayload full{.protocol = ProtocolId::esp, .spis = {}};
    full.spis.resize(max_delete_spis);
    CHECK_FALSE(refusal<DeletePayload>(full.encode()));
    full.spis.emplace_back();
    CHECK(refusal<DeletePayload>(full.encode()) == WireError::too_many);
}

TEST_CASE("a vendor ID is any bytes [RFC7296-3.12]") {
    CHECK(means("afcad71368a1f1c96b8696fc77570100",
                VendorIdPayload{hex("afcad71368a1f1c96b8696fc77570100")}));
    CHECK_FALSE(refusal<VendorIdPayload>({}));
}

TEST_CASE("the length of an EAP packet is that of its payload [RFC7296-3.16]") {
    CHECK(means("03 07 0004", EapPayload{hex("03070004")}));
    CHECK(means("01 07 0006 01 61", EapPayload{hex("010700060161")}));
    CHECK(accepted_cuts<EapPayload>("01 07 0006 01 61") == 0);
    CHECK(refusal<EapPayload>(hex("03 07 0004 00")) == WireError::bad_length);
    CHECK(refusal<EapPayload>(hex("03 07 0005")) == WireError::truncated);
    CHECK(refusal<EapPayload>(hex("03 07 00")) == WireError::truncated);
}
