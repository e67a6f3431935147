// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/crypto/secret.hpp"
#include "ike/crypto/suite.hpp"

#include <cstddef>
#include <initializer_list>
#include <span>

namespace ike::crypto {

/// Output size in bytes, which is also the preferred key size (RFC 7296 2.13, RFC 4868 2.1.2).
std::size_t prf_size(PrfId id);

/// prf(key, part | part | ...) of RFC 7296 2.13. A key of any size is taken.
SecretBytes prf(PrfId id, ByteView key, std::span<const ByteView> parts);
inline SecretBytes prf(PrfId id, ByteView key, std::initializer_list<ByteView> parts) {
    return prf(id, key, std::span<const ByteView>(parts.begin(), parts.size()));
}

/// The first `length` bytes of prf+(key, seed), RFC 7296 2.13. At most 255 outputs of the prf.
SecretBytes prf_plus(PrfId id, ByteView key, ByteView seed, std::size_t length);

}  // namespace ike::crypto
