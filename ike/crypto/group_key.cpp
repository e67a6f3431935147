// SPDX-License-Identifier: Apache-2.0
#include "ike/crypto/group_key.hpp"

#include "ike/base/expects.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace ike::crypto {

namespace {

/// RFC 5114 2.3, as OpenSSL knows it: "p" or "g".
BignumPtr number_of_rfc5114(const char* which) {
    std::string name = "dh_2048_256";
    std::array parameters = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name.data(), 0),
        OSSL_PARAM_construct_end()};
    const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "DHX", nullptr));
    EVP_PKEY* made = nullptr;
    BIGNUM* value = nullptr;
    if (EVP_PKEY_fromdata_init(context.get()) == 1 &&
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEY_PARAMETERS, parameters.data()) == 1) {
        EVP_PKEY_get_bn_param(made, which, &value);
    }
    const KeyPtr owner(made);
    return BignumPtr(value);
}

BIGNUM* prime_of_rfc5114(BIGNUM* /*into*/) {
    return number_of_rfc5114(OSSL_PKEY_PARAM_FFC_P).release();
}

// RFC 3526 8 estimates how long an exponent each MODP group deserves; these are its larger figures,
// rounded up to whole bytes.
constexpr std::array groups = {
    Group{GroupId::modp_1024, GroupKind::modp, "", 128, 240 / 8, BN_get_rfc2409_prime_1024},
    Group{GroupId::modp_1536, GroupKind::modp, "modp_1536", 192, 240 / 8,
          BN_get_rfc3526_prime_1536},
    Group{GroupId::modp_2048_256, GroupKind::modp, "dh_2048_256", 256, 248 / 8, prime_of_rfc5114,
          true},
    Group{GroupId::modp_2048, GroupKind::modp, "modp_2048", 256, 320 / 8,
          BN_get_rfc3526_prime_2048},
    Group{GroupId::modp_3072, GroupKind::modp, "modp_3072", 384, 424 / 8,
          BN_get_rfc3526_prime_3072},
    Group{GroupId::modp_4096, GroupKind::modp, "modp_4096", 512, 480 / 8,
          BN_get_rfc3526_prime_4096},
    Group{GroupId::ecp_256, GroupKind::ecp, "P-256", 64, 32},
    Group{GroupId::ecp_384, GroupKind::ecp, "P-384", 96, 48},
    Group{GroupId::ecp_521, GroupKind::ecp, "P-521", 132, 66},
    Group{GroupId::curve25519, GroupKind::curve25519, "", 32, 32},
};

BignumPtr number(ByteView big_endian) {
    BignumPtr value(
        BN_bin2bn(big_endian.data(), static_cast<int>(big_endian.size()), BN_secure_new()));
    BN_set_flags(value.get(), BN_FLG_CONSTTIME);
    return value;
}

CurvePtr curve_of(const Group& group) {
    return CurvePtr(EC_GROUP_new_by_curve_name(EC_curve_nist2nid(group.name)));
}

bool in_order(const EC_GROUP* curve, const BIGNUM* scalar) {
    return BN_is_zero(scalar) == 0 && BN_cmp(scalar, EC_GROUP_get0_order(curve)) < 0;
}

BignumPtr generator_of(const Group& group) {
    if (group.small_subgroups) {
        return number_of_rfc5114(OSSL_PKEY_PARAM_FFC_G);
    }
    BignumPtr two(BN_new());
    BN_set_word(two.get(), 2);  // RFC 2409 6.2, RFC 3526: 2 in all of them
    return two;
}

std::optional<Bytes> modp_public(const Group& group, ByteView private_value) {
    const BignumContextPtr context(BN_CTX_secure_new());
    const BignumPtr prime(group.prime(nullptr));
    const BignumPtr exponent = number(private_value);
    const BignumPtr generator = generator_of(group);
    const BignumPtr result(BN_new());
    Bytes value(group.public_size);
    const bool made = prime && generator && BN_cmp(exponent.get(), BN_value_one()) > 0 &&
                      BN_mod_exp_mont_consttime(result.get(), generator.get(), exponent.get(),
                                                prime.get(), context.get(), nullptr) == 1 &&
                      BN_bn2binpad(result.get(), value.data(), static_cast<int>(value.size())) > 0;
    return made ? std::optional(std::move(value)) : std::nullopt;
}

std::optional<Bytes> ecp_public(const Group& group, ByteView private_value) {
    const BignumContextPtr context(BN_CTX_secure_new());
    const CurvePtr curve = curve_of(group);
    const BignumPtr scalar = number(private_value);
    const PointPtr point(EC_POINT_new(curve.get()));
    Bytes encoded(1 + group.public_size);
    const bool made =
        in_order(curve.get(), scalar.get()) &&
        EC_POINT_mul(curve.get(), point.get(), scalar.get(), nullptr, nullptr, context.get()) ==
            1 &&
        EC_POINT_point2oct(curve.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, encoded.data(),
                           encoded.size(), context.get()) == encoded.size();
    // RFC 5903 7: x | y alone, without the octet that says "uncompressed".
    return made ? std::optional(Bytes(encoded.begin() + 1, encoded.end())) : std::nullopt;
}

std::optional<Bytes> curve25519_public(const Group& group, ByteView private_value) {
    const KeyPtr key(EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr,
                                                     private_value.data(), private_value.size()));
    Bytes value(group.public_size);
    std::size_t size = value.size();
    const bool made = key && EVP_PKEY_get_raw_public_key(key.get(), value.data(), &size) == 1;
    return made ? std::optional(std::move(value)) : std::nullopt;
}

/// A number as OSSL_PARAM wants it: in the byte order of this machine.
SecretBytes native(ByteView big_endian) {
    SecretBytes value(big_endian.size());
    const BignumPtr big = number(big_endian);
    expects(BN_bn2nativepad(big.get(), value.bytes().data(), static_cast<int>(value.size())) >= 0,
            "a number fits its own size");
    return value;
}

SecretBytes native_of(BIGNUM* number_to_free) {
    const BignumPtr number(number_to_free);
    SecretBytes value(static_cast<std::size_t>(BN_num_bytes(number.get())));
    expects(
        BN_bn2nativepad(number.get(), value.bytes().data(), static_cast<int>(value.size())) >= 0,
        "a number fits its own size");
    return value;
}

/// Takes MODP and ECP keys apart into the parameters that OpenSSL makes a key from.
KeyPtr key_from_parameters(const Group& group, ByteView public_value, ByteView private_value) {
    const bool is_ecp = group.kind == GroupKind::ecp;
    std::string group_name(group.name);
    SecretBytes element = native(public_value);
    if (is_ecp) {
        element = SecretBytes(1 + public_value.size());
        element.bytes()[0] = POINT_CONVERSION_UNCOMPRESSED;
        std::ranges::copy(public_value, element.bytes().begin() + 1);
    }
    SecretBytes exponent = native(private_value);

    std::vector<OSSL_PARAM> parameters;
    SecretBytes prime;
    SecretBytes generator;
    if (group_name.empty()) {
        prime = native_of(group.prime(nullptr));
        generator = native_of(generator_of(group).release());
        parameters.push_back(
            OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_FFC_P, prime.bytes().data(), prime.size()));
        parameters.push_back(OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_FFC_G,
                                                     generator.bytes().data(), generator.size()));
    } else {
        parameters.push_back(
            OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group_name.data(), 0));
    }
    parameters.push_back(is_ecp
                             ? OSSL_PARAM_construct_octet_string(
                                   OSSL_PKEY_PARAM_PUB_KEY, element.bytes().data(), element.size())
                             : OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PUB_KEY,
                                                       element.bytes().data(), element.size()));
    if (!private_value.empty()) {
        parameters.push_back(OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY,
                                                     exponent.bytes().data(), exponent.size()));
    }
    parameters.push_back(OSSL_PARAM_construct_end());

    const char* const type = is_ecp ? "EC" : group.small_subgroups ? "DHX" : "DH";
    const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    const int selection = private_value.empty() ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR;
    if (EVP_PKEY_fromdata_init(context.get()) == 1) {
        EVP_PKEY_fromdata(context.get(), &key, selection, parameters.data());
    }
    return KeyPtr(key);
}

}  // namespace

const Group* find_group(GroupId id) {
    const auto* const found = std::ranges::find(groups, id, &Group::id);
    return found == groups.end() ? nullptr : found;
}

SecretBytes draw_private(const Group& group, Random& random) {
    SecretBytes drawn(group.private_size);
    random.fill(drawn.bytes());
    if (group.kind == GroupKind::modp) {
        drawn.bytes().front() |= 0x80U;  // of full length
    }
    if (group.kind != GroupKind::ecp) {
        return drawn;  // RFC 7748 5: any 32 bytes are a key of Curve25519
    }
    // Drawn again until below the order, so that all scalars are as likely (FIPS 186-5 A.2.2).
    const CurvePtr curve = curve_of(group);
    const auto top_bits = static_cast<unsigned>(EC_GROUP_order_bits(curve.get()) % 8);
    for (;;) {
        if (top_bits != 0) {
            drawn.bytes().front() &= static_cast<std::uint8_t>((1U << top_bits) - 1U);
        }
        if (in_order(curve.get(), number(drawn.view()).get())) {
            return drawn;
        }
        random.fill(drawn.bytes());
    }
}

std::optional<Bytes> public_of(const Group& group, ByteView private_value) {
    switch (group.kind) {
        case GroupKind::modp:
            return modp_public(group, private_value);
        case GroupKind::ecp:
            return ecp_public(group, private_value);
        case GroupKind::curve25519:
            return curve25519_public(group, private_value);
    }
    return std::nullopt;
}

KeyPtr import_key(const Group& group, ByteView public_value, ByteView private_value) {
    if (group.kind != GroupKind::curve25519) {
        return key_from_parameters(group, public_value, private_value);
    }
    return KeyPtr(private_value.empty()
                      ? EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr,
                                                       public_value.data(), public_value.size())
                      : EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr,
                                                        private_value.data(),
                                                        private_value.size()));
}

}  // namespace ike::crypto
