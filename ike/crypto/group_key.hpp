// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/crypto/openssl.hpp"
#include "ike/crypto/random.hpp"
#include "ike/crypto/secret.hpp"
#include "ike/crypto/suite.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace ike::crypto {

enum class GroupKind : std::uint8_t { modp, ecp, curve25519 };

/// How OpenSSL calls a group, and its sizes in bytes.
struct Group {
    GroupId id;
    GroupKind kind;
    const char* name;  // empty: OpenSSL has none, and takes the numbers; or Curve25519
    std::size_t public_size;
    std::size_t private_size;             // of the private values we draw
    BIGNUM* (*prime)(BIGNUM*) = nullptr;  // makes the modulus of a MODP group
    /// RFC 6989 2.2: of prime order below a modulus that is no safe prime, so an element has to
    /// prove that it lies in the subgroup.
    bool small_subgroups = false;
};

/// Null for a number that is none of ours.
const Group* find_group(GroupId id);

/// A private value for one exchange.
SecretBytes draw_private(const Group& group, Random& random);

/// The public value of a private one, in the form of the KE payload; none if the private value is
/// out of the group's range.
std::optional<Bytes> public_of(const Group& group, ByteView private_value);

/// A key for OpenSSL to work with, of a public value in the form of the KE payload and, for our own
/// half, its private value. Null if the public value is no element of the group (RFC 6989 2).
KeyPtr import_key(const Group& group, ByteView public_value, ByteView private_value = {});

}  // namespace ike::crypto
