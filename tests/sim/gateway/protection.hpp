// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/cipher.hpp"
#include "ike/crypto/random.hpp"
#include "ike/wire/message.hpp"
#include "tests/sim/gateway/keys.hpp"

#include <optional>

namespace sim::gateway {

using Payloads = std::vector<ike::wire::Payload>;

/// The content of SK, or in one SKF (RFC 7383 2.5). A total of 0: SK.
struct Part {
    std::uint16_t number = 0;
    std::uint16_t total = 0;
    ike::wire::PayloadType first{};
    ike::Bytes content;
};

/// Seals and opens the messages of one IKE SA, RFC 7296 3.14.
class Protection {
  public:
    /// `original_initiator`: whether we are that of this IKE SA, so whether SK_*i are ours.
    Protection(const ike::crypto::CipherSuite& suite, const SaKeys& keys, bool original_initiator);

    ike::Bytes seal(const ike::wire::Header& header, const Payloads& payloads,
                    ike::crypto::Random& random);
    ike::Bytes seal(const ike::wire::Header& header, const ike::wire::EncodedPayloads& chain,
                    ike::crypto::Random& random);
    /// As SKF, unless its total is 0.
    ike::Bytes seal(const ike::wire::Header& header, const Part& part, ike::crypto::Random& random);
    /// In as many fragments as it takes for none to be larger than `largest`.
    std::vector<ike::Bytes> seal_fragments(const ike::wire::Header& header,
                                           const ike::wire::EncodedPayloads& chain,
                                           std::size_t largest, ike::crypto::Random& random);
    /// None for anything the other side did not seal.
    std::optional<Part> open_part(ike::ByteView datagram);
    /// The same for a message that is whole, and can be read.
    std::optional<Payloads> open(ike::ByteView datagram);

  private:
    ike::crypto::CipherSuite suite_;
    ike::crypto::Cipher out_;
    ike::crypto::Cipher in_;
    std::uint64_t sealed_ = 0;  // the IV of an AEAD
};

}  // namespace sim::gateway
