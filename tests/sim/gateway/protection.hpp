// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/cipher.hpp"
#include "ike/crypto/random.hpp"
#include "ike/wire/message.hpp"
#include "tests/sim/gateway/keys.hpp"

#include <optional>

namespace sim::gateway {

using Payloads = std::vector<ike::wire::Payload>;

/// Seals and opens the messages of one IKE SA, RFC 7296 3.14.
class Protection {
  public:
    /// `original_initiator`: whether we are that of this IKE SA, so whether SK_*i are ours.
    Protection(const ike::crypto::CipherSuite& suite, const SaKeys& keys, bool original_initiator);

    ike::Bytes seal(const ike::wire::Header& header, const Payloads& payloads,
                    ike::crypto::Random& random);
    ike::Bytes seal(const ike::wire::Header& header, const ike::wire::EncodedPayloads& chain,
                    ike::crypto::Random& random);
    /// None for anything the other side did not seal.
    std::optional<Payloads> open(ike::ByteView datagram);

  private:
    ike::crypto::CipherSuite suite_;
    ike::crypto::Cipher out_;
    ike::crypto::Cipher in_;
    std::uint64_t sealed_ = 0;  // the IV of an AEAD
};

}  // namespace sim::gateway
