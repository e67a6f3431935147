// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/result.hpp"
#include "ike/crypto/cipher.hpp"
#include "ike/crypto/key_schedule.hpp"
#include "ike/crypto/random.hpp"
#include "ike/crypto/secret.hpp"
#include "ike/session/values/datagrams.hpp"
#include "ike/wire/message.hpp"

#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace ike::session {

/// Not from the peer, damaged, or more than we hold: to be dropped without a trace.
struct Unauthentic {};
/// A fragment of the peer's that is put away until the others are there, or that is not needed.
struct Incomplete {};
using OpenError = std::variant<Unauthentic, Incomplete, wire::DecodeError>;

/// A message of ours before it is sealed, kept so that it can be sealed again in smaller fragments
/// (RFC 7383 2.5.2).
struct PlainMessage {
    wire::Header header;
    wire::PayloadType first = wire::PayloadType::none;
    crypto::SecretBytes chain;  // the encoded payloads; those of EAP may be secret
    std::size_t pieces = 1;     // the most that it has been divided into

    static PlainMessage of(const wire::Header& header, std::span<const wire::Payload> payloads);
};

/// Seals messages of one IKE SA into SK payloads, or their fragments into SKF payloads, and opens
/// the peer's (RFC 7296 3.14, RFC 5282, RFC 7383 2.5). Nothing that is not authentic gets through.
class SealedMessages {
  public:
    /// `we_initiated`: this IKE SA was initiated by us, which says whose SK_e and SK_a are whose.
    static Result<SealedMessages, crypto::CryptoError> make(const crypto::CipherSuite& suite,
                                                            const crypto::IkeKeys& keys,
                                                            bool we_initiated);

    /// As one datagram.
    Datagrams seal(const PlainMessage& message, crypto::Random& random);
    /// In fragments of about the same size, each no larger than `largest` bytes and each with an IV
    /// of its own. RFC 7383 2.5.2: their number grows with each division of the same message.
    /// Only for a `largest` that has room for the frame.
    Datagrams seal_fragments(PlainMessage& message, std::size_t largest, crypto::Random& random);

    /// The content of SK or SKF. `fragment`: it is a part of the chain.
    struct Opened {
        wire::PayloadType first = wire::PayloadType::none;
        Bytes chain;
        std::optional<wire::FragmentNumber> fragment;
    };
    /// A DecodeError means the peer itself sent something malformed.
    Result<Opened, OpenError> open(const wire::SkEnvelope& envelope);

  private:
    SealedMessages(crypto::Cipher ours, crypto::Cipher peers);
    Bytes next_iv(crypto::Random& random);
    Bytes enclose(const PlainMessage& message, std::optional<wire::FragmentNumber> fragment,
                  ByteView content, crypto::Random& random);

    crypto::Cipher ours_;
    crypto::Cipher peers_;
    std::uint64_t sealed_ = 0;  // how many; the IV of an AEAD
};

}  // namespace ike::session
