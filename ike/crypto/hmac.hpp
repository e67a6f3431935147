// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/crypto/openssl.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ike::crypto {

inline constexpr std::size_t max_hmac_size = 64;  // SHA2-512

/// HMAC with one key, for any number of messages: start(), add() ..., finish(), and over again. The
/// key is worked in once, at the beginning.
class Hmac {
  public:
    /// `digest` in OpenSSL's spelling: "SHA2-256".
    Hmac(const char* digest, ByteView key);

    void start();
    void add(ByteView part);
    /// Writes the first out.size() bytes of the result; not more than the digest has.
    void finish(std::span<std::uint8_t> out);

  private:
    MacContextPtr context_;
};

}  // namespace ike::crypto
