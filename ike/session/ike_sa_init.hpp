// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/key_exchange.hpp"
#include "ike/crypto/key_schedule.hpp"
#include "ike/crypto/random.hpp"
#include "ike/crypto/signature.hpp"
#include "ike/session/config.hpp"
#include "ike/session/event.hpp"
#include "ike/session/nat.hpp"
#include "ike/wire/message.hpp"

#include <optional>
#include <variant>
#include <vector>

namespace ike::session {

/// The IKE_SA_INIT exchange (RFC 7296 1.2): one request of ours, made anew when the gateway wants a
/// cookie or another group, until an answer has what the keys are made of.
class IkeSaInit {
  public:
    /// Fails only when the first group can't be had from the crypto library.
    static Result<IkeSaInit, Failure> make(const SessionConfig& config, crypto::Random& random,
                                           const Path& path, ClaimNat claim);

    [[nodiscard]] IkeSpi initiator_spi() const { return spi_; }
    [[nodiscard]] const Path& path() const { return path_; }
    /// Whether the gateway is told of a NAT that there may not be, so that ESP goes in UDP.
    [[nodiscard]] ClaimNat claim() const { return claim_; }
    /// The whole datagram to send.
    [[nodiscard]] const Bytes& request() const { return request_; }

    struct Ignored {};  // not an answer to our request
    struct Again {};    // request() has changed and is to be sent
    struct Agreed {
        IkeSpis spis;
        crypto::IkeSuite suite;
        crypto::IkeKeys keys;
        Bytes ni, nr;
        Bytes request, response;        // as they went over the wire: AUTH signs them
        std::optional<NatVerdict> nat;  // none: the gateway knows no NAT traversal
        std::vector<crypto::SignatureHash> signature_hashes;
    };
    using Outcome = std::variant<Ignored, Again, Agreed, Failure>;

    Outcome on_response(ByteView datagram, const Path& path);

  private:
    IkeSaInit(const SessionConfig& config, crypto::Random& random, const Path& path, ClaimNat claim,
              crypto::KeyExchange ke);

    void encode();
    Outcome on_notify(const wire::NotifyPayload& notify);
    Outcome on_cookie(const wire::NotifyPayload& notify);
    Outcome on_invalid_ke(const wire::NotifyPayload& notify);
    Outcome on_answer(const wire::Message& message, ByteView datagram, const Path& path);

    const SessionConfig* config_;
    crypto::Random* random_;
    Path path_;
    ClaimNat claim_;
    IkeSpi spi_;
    Bytes ni_;
    crypto::KeyExchange ke_;
    std::vector<crypto::GroupId> refused_groups_;
    Bytes cookie_;
    unsigned cookies_ = 0;
    Bytes request_;
};

}  // namespace ike::session
