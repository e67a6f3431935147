// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/crypto/error.hpp"
#include "ike/crypto/random.hpp"
#include "ike/crypto/secret.hpp"
#include "ike/crypto/suite.hpp"

#include <memory>

namespace ike::crypto {

/// Our half of one Diffie-Hellman exchange: makes an ephemeral key, shows its public value in the
/// form of the KE payload (RFC 7296 3.4, RFC 5903 6, RFC 8031 3.1), and turns the peer's value into
/// the shared secret. Use it for one exchange only.
class KeyExchange {
  public:
    /// The private value comes from `random` for every group, so a run can be repeated from a seed.
    static Result<KeyExchange, CryptoError> generate(GroupId group, Random& random);

    ~KeyExchange();
    KeyExchange(KeyExchange&& other) noexcept;
    KeyExchange& operator=(KeyExchange&& other) noexcept;
    KeyExchange(const KeyExchange&) = delete;
    KeyExchange& operator=(const KeyExchange&) = delete;

    [[nodiscard]] GroupId group() const;
    /// MODP: padded on the left to the size of the modulus. ECP: x | y. Curve25519: 32 bytes.
    [[nodiscard]] const Bytes& public_value() const;

    /// g^ir in the form in which it goes into SKEYSEED: MODP padded on the left, ECP x alone.
    /// `bad_public_value` for what RFC 6989 2 and RFC 8031 3.2 tell us to refuse: a wrong size, a
    /// number out of range, a point off the curve, an all-zero result.
    [[nodiscard]] Result<SecretBytes, CryptoError> derive(ByteView peer_public) const;

    /// With a private value of the caller's: big-endian, for Curve25519 as it is (RFC 7748 5). For
    /// test vectors. `bad_key_size` if it is none of the group's.
    static Result<KeyExchange, CryptoError> from_private(GroupId group, ByteView private_value);

  private:
    struct State;
    explicit KeyExchange(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace ike::crypto
