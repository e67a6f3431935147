// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/key_exchange.hpp"

#include "ike/crypto/digest.hpp"
#include "tests/hex.hpp"
#include "tests/seeded_random.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace ike;
using namespace ike::crypto;
using tests::hex;

namespace {

const std::vector<GroupId> every_group{
    GroupId::modp_1024, GroupId::modp_1536, GroupId::modp_2048_256, GroupId::modp_2048,
    GroupId::modp_3072, GroupId::modp_4096, GroupId::ecp_256,       GroupId::ecp_384,
    GroupId::ecp_521,   GroupId::curve25519};

struct Vector {
    GroupId group;
    const char* private_a;
    const char* public_a;
    const char* private_b;
    const char* public_b;
    const char* shared;
};

const std::vector<Vector> vectors{
    // RFC 7748 6.1
    {GroupId::curve25519, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
     "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
     "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
     "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
     "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
    // RFC 5903 8.1
    {GroupId::ecp_256, "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433",
     "DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"
     "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3",
     "C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53",
     "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
     "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB",
     "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE"},
    // RFC 5903 8.2
    {GroupId::ecp_384,
     "099F3C7034D4A2C699884D73A375A67F7624EF7C6B3C0F160647B67414DCE655"
     "E35B538041E649EE3FAEF896783AB194",
     "667842D7D180AC2CDE6F74F37551F55755C7645C20EF73E31634FE72B4C55EE6"
     "DE3AC808ACB4BDB4C88732AEE95F41AA9482ED1FC0EEB9CAFC4984625CCFC23F"
     "65032149E0E144ADA024181535A0F38EEB9FCFF3C2C947DAE69B4C634573A81C",
     "41CB0779B4BDB85D47846725FBEC3C9430FAB46CC8DC5060855CC9BDA0AA2942"
     "E0308312916B8ED2960E4BD55A7448FC",
     "E558DBEF53EECDE3D3FCCFC1AEA08A89A987475D12FD950D83CFA41732BC509D"
     "0D1AC43A0336DEF96FDA41D0774A3571DCFBEC7AACF3196472169E838430367F"
     "66EEBE3C6E70C416DD5F0C68759DD1FFF83FA40142209DFF5EAAD96DB9E6386C",
     "11187331C279962D93D604243FD592CB9D0A926F422E47187521287E7156C5C4"
     "D603135569B9E9D09CF5D4A270F59746"},
    // RFC 5903 8.3
    {GroupId::ecp_521,
     "0037ADE9319A89F4DABDB3EF411AACCCA5123C61ACAB57B5393DCE47608172A0"
     "95AA85A30FE1C2952C6771D937BA9777F5957B2639BAB072462F68C27A57382D4A52",
     "0015417E84DBF28C0AD3C278713349DC7DF153C897A1891BD98BAB4357C9ECBE"
     "E1E3BF42E00B8E380AEAE57C2D107564941885942AF5A7F4601723C4195D176CED3E"
     "017CAE20B6641D2EEB695786D8C946146239D099E18E1D5A514C739D7CB4A10A"
     "D8A788015AC405D7799DC75E7B7D5B6CF2261A6A7F1507438BF01BEB6CA3926F9582",
     "0145BA99A847AF43793FDD0E872E7CDFA16BE30FDC780F97BCCC3F078380201E"
     "9C677D600B343757A3BDBF2A3163E4C2F869CCA7458AA4A4EFFC311F5CB151685EB9",
     "00D0B3975AC4B799F5BEA16D5E13E9AF971D5E9B984C9F39728B5E5739735A21"
     "9B97C356436ADC6E95BB0352F6BE64A6C2912D4EF2D0433CED2B6171640012D9460F"
     "015C68226383956E3BD066E797B623C27CE0EAC2F551A10C2C724D9852077B87"
     "220B6536C5C408A1D2AEBB8E86D678AE49CB57091F4732296579AB44FCD17F0FC56A",
     "01144C7D79AE6956BC8EDB8E7C787C4521CB086FA64407F97894E5E6B2D79B04"
     "D1427E73CA4BAA240A34786859810C06B3C715A3A8CC3151F2BEE417996D19F3DDEA"},
};

// The long numbers of MODP are named by the SHA-1 of their bytes.
// source: Python's pow() over primes computed from pi by the formulas of RFC 3526
const std::vector<Vector> modp_vectors{
    {GroupId::modp_2048,
     "e45a2f27f4d4edc988e575266537c1966f6fcc80bec04dff94818f9c7e4d77483b41ef6d5d9eabbc",
     "4f1651f174d118b4e37f0c712a15f0afe6cac040",
     "9b6009ca9a19318c0247b2b932835b7a473d6a9e61a08a71812d862d1ebc0b3712d603bb15db58c4",
     "aa859253cf4758667cd3b978e8459d50fdd35f0f", "c9add7edde561eef1d6f650e45cef4573b665820"},
    {GroupId::modp_3072,
     "302b99bc592b6c47e9b157bf262afc73b5176e5a0eb3f6c7611026565c563734764040450f2e8626",
     "7aaa8df17ff73503da791e72fe65c6209b76c2a9",
     "7f9ce0165dd1a804ae66bf4258990065f7772fc2ce03a81eaf54ef0c0ecb3a6ed2cb72ee1b78c048",
     "890fedaee38a8ad90577f364fbe13c8f08670de4", "bd6ddedee4c5e5fadc63b2743ac5f01c1c2075aa"},
    {GroupId::modp_4096,
     "da9fb000dd2fb5c25a2d2d46ffb129a6f19e10fc2db295a7352a87011f8a4537088ecd3c1211c3c4",
     "299cb318440b7ae078282a1c3c0d708cdfe08233",
     "4026352afc0170e10dc77adbb591c99e5a8d77b73edee8715979921d66f15f0bfb3ff3ba4e5fd8ed",
     "40a370e9635d93de7e1d7f3a254bbb32dbc1bc75", "4ab2538e16550313962ef59d222dabd58faf8b09"},
    // a shared secret that begins with a zero byte: RFC 7296 2.14 wants it kept
    {GroupId::modp_2048, "1000000000000000000000000000000000000000000000000001", nullptr,
     "1000000000000000000000000000000000000000000000000178",
     "887ae2b18ebf84dc188e17cae72f54487a4948a2", "2a960ad1194172fe37c1f7fac8415ccb5cbbd387"},
};

KeyExchange key_of(GroupId group, std::string_view private_value) {
    auto key = KeyExchange::from_private(group, hex(private_value));
    REQUIRE(key.ok());
    return *std::move(key);
}

std::string shared_hex(const KeyExchange& ours, const KeyExchange& theirs) {
    const auto shared = ours.derive(theirs.public_value());
    REQUIRE(shared.ok());
    return to_hex(shared->view());
}

KeyExchange generated(GroupId group, std::uint64_t seed) {
    tests::SeededRandom random(seed);
    auto key = KeyExchange::generate(group, random);
    REQUIRE(key.ok());
    return *std::move(key);
}

bool refuses(const KeyExchange& key, ByteView peer_public) {
    const auto shared = key.derive(peer_public);
    return !shared && shared.error() == CryptoError::bad_public_value;
}

}  // namespace

TEST_CASE("elliptic curves give the published values and secrets [RFC5903-8, RFC7748-6.1]") {
    for (const Vector& vector : vectors) {
        CAPTURE(name(vector.group));
        const KeyExchange a = key_of(vector.group, vector.private_a);
        const KeyExchange b = key_of(vector.group, vector.private_b);
        CHECK(to_hex(a.public_value()) == to_hex(hex(vector.public_a)));
        CHECK(to_hex(b.public_value()) == to_hex(hex(vector.public_b)));
        CHECK(shared_hex(a, b) == to_hex(hex(vector.shared)));
        CHECK(shared_hex(b, a) == to_hex(hex(vector.shared)));
    }
}

TEST_CASE(
    "MODP groups give values and secrets of the full size of the modulus [RFC3526, RFC7296-2.14]") {
    for (const Vector& vector : modp_vectors) {
        CAPTURE(name(vector.group));
        const KeyExchange a = key_of(vector.group, vector.private_a);
        const KeyExchange b = key_of(vector.group, vector.private_b);
        if (vector.public_a != nullptr) {
            CHECK(to_hex(sha1(a.public_value())) == vector.public_a);
        }
        CHECK(to_hex(sha1(b.public_value())) == vector.public_b);
        CHECK(to_hex(sha1(hex(shared_hex(a, b)))) == vector.shared);
        CHECK(shared_hex(a, b) == shared_hex(b, a));
        CHECK(shared_hex(a, b).size() == 2 * a.public_value().size());
    }
}

TEST_CASE("two sides agree in every group, and one seed repeats its key") {
    for (const GroupId group : every_group) {
        CAPTURE(name(group));
        const KeyExchange ours = generated(group, 1);
        const KeyExchange theirs = generated(group, 2);
        CHECK(shared_hex(ours, theirs) == shared_hex(theirs, ours));
        CHECK(ours.group() == group);
        CHECK(ours.public_value() == generated(group, 1).public_value());
        CHECK(ours.public_value() != theirs.public_value());
    }
}

TEST_CASE("a public value of the wrong size is refused in every group [RFC7296-3.4]") {
    for (const GroupId group : every_group) {
        CAPTURE(name(group));
        const KeyExchange key = generated(group, 3);
        Bytes value = generated(group, 4).public_value();
        value.push_back(0);
        CHECK(refuses(key, value));
        CHECK(refuses(key, ByteView(value).first(value.size() - 2)));
        CHECK(refuses(key, {}));
    }
}

TEST_CASE("MODP values 0, 1, p-1 and beyond are refused [RFC6989-2.1]") {
    const KeyExchange key = generated(GroupId::modp_2048, 5);
    Bytes value(256);
    CHECK(refuses(key, value));  // 0
    value.back() = 1;
    CHECK(refuses(key, value));  // 1
    CHECK(refuses(key, Bytes(256, 0xff)));
    // The prime of RFC 3526 3 starts and ends with 64 ones, and is known between by p - 1 = 2q.
    const std::string prime =
        "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74"
        "020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437"
        "4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
        "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf05"
        "98da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb"
        "9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
        "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718"
        "3995497cea956ae515d2261898fa051015728e5a8aacaa68ffffffffffffffff";
    Bytes at_prime = hex(prime);
    CHECK(refuses(key, at_prime));
    at_prime.back() = 0xfe;
    CHECK(refuses(key, at_prime));  // p - 1
}

TEST_CASE("a point that is not on the curve is refused [RFC6989-2.3]") {
    for (const GroupId group : {GroupId::ecp_256, GroupId::ecp_384, GroupId::ecp_521}) {
        CAPTURE(name(group));
        const KeyExchange key = generated(group, 6);
        Bytes point = generated(group, 7).public_value();
        point.back() ^= 0x01U;
        CHECK(refuses(key, point));
        CHECK(refuses(key, Bytes(point.size())));
        CHECK(refuses(key, Bytes(point.size(), 0xff)));
    }
}

TEST_CASE(
    "Curve25519 values of small order, which give zero, are refused [RFC8031-3.2, RFC7748-6.1]") {
    const KeyExchange key = generated(GroupId::curve25519, 8);
    Bytes value(32);
    CHECK(refuses(key, value));  // 0
    value.front() = 1;
    CHECK(refuses(key, value));  // 1
    // of order 8
    CHECK(refuses(key, hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")));
}

TEST_CASE("groups we don't speak and private values out of range make no key") {
    tests::SeededRandom random(9);
    CHECK(KeyExchange::generate(static_cast<GroupId>(1), random).error() ==
          CryptoError::unsupported);
    CHECK(KeyExchange::from_private(GroupId::ecp_256, Bytes(32)).error() ==
          CryptoError::bad_key_size);
    CHECK(KeyExchange::from_private(GroupId::ecp_256, Bytes(32, 0xff)).error() ==
          CryptoError::bad_key_size);
    CHECK(KeyExchange::from_private(GroupId::curve25519, Bytes(31)).error() ==
          CryptoError::bad_key_size);
}

TEST_CASE(
    "in group 24 a value outside the subgroup is refused, in a safe prime's it is an element "
    "[RFC6989-2.2]") {
    tests::SeededRandom random(1);
    Bytes two(256, 0);
    two.back() = 2;
    const auto group_24 = KeyExchange::generate(GroupId::modp_2048_256, random);
    REQUIRE(group_24.ok());
    CHECK(group_24->derive(two).error() == CryptoError::bad_public_value);
    const auto group_14 = KeyExchange::generate(GroupId::modp_2048, random);
    REQUIRE(group_14.ok());
    CHECK(group_14->derive(two).ok());
}

TEST_CASE("the insecure groups have the generators of their RFCs") {
    // g^1 is refused as a private value, so g^2: 4 for the groups of RFC 2409 and RFC 3526.
    const Bytes exponent{2};
    for (const GroupId group : {GroupId::modp_1024, GroupId::modp_1536}) {
        const auto half = KeyExchange::from_private(group, exponent);
        REQUIRE(half.ok());
        Bytes four(half->public_value().size(), 0);
        four.back() = 4;
        CHECK(half->public_value() == four);
    }
}
