// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/result.hpp"
#include "ike/crypto/cipher.hpp"
#include "ike/crypto/key_schedule.hpp"
#include "ike/crypto/random.hpp"
#include "ike/session/values/datagrams.hpp"
#include "ike/wire/message.hpp"

#include <span>
#include <variant>
#include <vector>

namespace ike::session {

/// Not from the peer, or damaged: to be dropped without a trace.
struct Unauthentic {};
using OpenError = std::variant<Unauthentic, wire::DecodeError>;

/// Seals messages of one IKE SA into SK payloads and opens the peer's (RFC 7296 3.14, RFC 5282).
/// Nothing that is not authentic gets through.
class SealedMessages {
  public:
    /// `we_initiated`: this IKE SA was initiated by us, which says whose SK_e and SK_a are whose.
    static Result<SealedMessages, crypto::CryptoError> make(const crypto::CipherSuite& suite,
                                                            const crypto::IkeKeys& keys,
                                                            bool we_initiated);

    Datagrams seal(const wire::Header& header, std::span<const wire::Payload> payloads,
                   crypto::Random& random);
    /// A DecodeError means the peer itself sent something malformed.
    Result<std::vector<wire::Payload>, OpenError> open(ByteView datagram);

  private:
    SealedMessages(crypto::Cipher ours, crypto::Cipher peers);
    Bytes next_iv(crypto::Random& random);

    crypto::Cipher ours_;
    crypto::Cipher peers_;
    std::uint64_t sealed_ = 0;  // how many; the IV of an AEAD
};

}  // namespace ike::session
