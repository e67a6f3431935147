// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/key_exchange.hpp"
#include "ike/crypto/key_schedule.hpp"
#include "ike/crypto/random.hpp"
#include "ike/session/exchange/create_child_sa.hpp"
#include "ike/session/values/config.hpp"
#include "ike/session/values/event.hpp"
#include "ike/wire/message.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ike::session {

/// The parts of a new IKE SA (RFC 7296 2.18).
struct FreshIkeSa {
    IkeSpis spis;
    bool we_initiated = true;
    crypto::IkeSuite suite;
    crypto::IkeKeys keys;
    Bytes lowest_nonce;  // RFC 7296 2.8.2: decides a collision
};

/// A CREATE_CHILD_SA exchange that we start to rekey the IKE SA (RFC 7296 1.3.2). Ciphers that are
/// weaker than the old one are not offered, for the Child SAs that the new one inherits.
class RekeyIke {
  public:
    static Result<RekeyIke, crypto::CryptoError> make(const SessionConfig& config,
                                                      crypto::Random& random, const KeySource& old,
                                                      std::optional<crypto::GroupId> group);

    [[nodiscard]] std::vector<wire::Payload> request() const;

    struct OtherGroup {
        crypto::GroupId group{};
    };
    struct Refused {
        wire::NotifyPayload notify;
    };
    struct Broken {
        std::string why;
    };
    using Outcome = std::variant<FreshIkeSa, OtherGroup, Refused, Broken>;
    [[nodiscard]] Outcome on_response(std::span<const wire::Payload> payloads,
                                      const KeySource& old) const;

  private:
    RekeyIke(std::vector<IkeProposal> proposals, IkeSpi spi, Bytes ni, crypto::KeyExchange ke);

    std::vector<IkeProposal> proposals_;
    IkeSpi spi_;
    Bytes ni_;
    crypto::KeyExchange ke_;
};

/// The answer to the gateway's request to rekey the IKE SA.
struct IkeAnswer {
    std::vector<wire::Payload> payloads;
    std::optional<FreshIkeSa> made;  // none: the payloads carry the error
};
IkeAnswer answer_ike_rekey(const SessionConfig& config, crypto::Random& random,
                           std::span<const wire::Payload> payloads, const KeySource& old);

}  // namespace ike::session
