// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/crypto/key_exchange.hpp"
#include "ike/crypto/key_schedule.hpp"
#include "ike/crypto/random.hpp"
#include "ike/crypto/signature.hpp"
#include "ike/session/exchange/nat_detection.hpp"
#include "ike/session/values/config.hpp"
#include "ike/session/values/event.hpp"
#include "ike/wire/message.hpp"

#include <optional>
#include <variant>
#include <vector>

namespace ike::session {

/// The IKE_SA_INIT exchange (RFC 7296 1.2): one request of ours, changed when the gateway wants a
/// cookie or another group, and judged answers. Nothing in an answer is authenticated, so no answer
/// ends the exchange, and each request that has left can still be answered: an answer belongs to
/// the newest request of its group.
class IkeSaInit {
  public:
    /// Whether COOKIE and INVALID_KE_PAYLOAD change the request. Somebody who forges them leads one
    /// that obeys astray; a gateway that means them does not answer one that does not.
    enum class Demands : std::uint8_t { obeyed, noted };

    /// Fails only when the first group can't be had from the crypto library.
    static Result<IkeSaInit, Failure> make(const SessionConfig& config, crypto::Random& random,
                                           const Path& path, ClaimNat claim, Demands demands);

    [[nodiscard]] IkeSpi initiator_spi() const { return spi_; }
    [[nodiscard]] const Path& path() const { return path_; }
    /// Whether the gateway is told of a NAT that there may not be, so that ESP goes in UDP.
    [[nodiscard]] ClaimNat claim() const { return claim_; }
    /// The whole datagram to send.
    [[nodiscard]] const Bytes& request() const { return shares_[current_].request; }
    /// An answer demanded another request.
    [[nodiscard]] bool demanded() const { return demanded_; }
    /// The request has changed.
    [[nodiscard]] bool changed() const { return changes_ > 0; }
    /// It has changed as often as it ever will.
    [[nodiscard]] bool exhausted() const;
    [[nodiscard]] Demands demands() const { return demands_; }

    struct Ignored {};  // not an answer to our request, or one that says nothing
    struct Again {};    // request() has changed and is to be sent
    struct Agreed {
        IkeSpis spis;
        IpAddress local;  // ours, that the request left from
        crypto::IkeSuite suite;
        crypto::IkeKeys keys;
        Bytes ni, nr;
        Bytes peer_value;               // of its KE payload
        Bytes request, response;        // as they went over the wire: AUTH signs them
        std::optional<NatVerdict> nat;  // none: the gateway knows no NAT traversal
        std::vector<crypto::SignatureHash> signature_hashes;
        bool fragmentation = false;  // RFC 7383 2.3: both sides know it
    };
    /// Failure: an error, or an answer that is none. Unauthenticated, so a hint.
    using Outcome = std::variant<Ignored, Again, Agreed, Failure>;

    Outcome on_response(ByteView datagram, const Path& path);

  private:
    /// Our half of the key exchange in one group, and the newest request that has it.
    struct Share {
        crypto::KeyExchange ke;
        Bytes request;
    };

    IkeSaInit(const SessionConfig& config, crypto::Random& random, const Path& path, ClaimNat claim,
              Demands demands);

    [[nodiscard]] Bytes encode(const crypto::KeyExchange& ke) const;
    Result<void, crypto::CryptoError> add_share(crypto::GroupId group);
    [[nodiscard]] bool may_change();
    Outcome on_notify(const wire::NotifyPayload& notify);
    Outcome on_cookie(const wire::NotifyPayload& notify);
    Outcome on_invalid_ke(const wire::NotifyPayload& notify);
    Outcome on_answer(const wire::Message& message, ByteView datagram, const Path& path);

    const SessionConfig* config_;
    crypto::Random* random_;
    Path path_;
    ClaimNat claim_;
    Demands demands_;
    IkeSpi spi_;
    Bytes ni_;
    std::vector<Share> shares_;  // one a group
    std::size_t current_ = 0;
    Bytes cookie_;
    unsigned changes_ = 0;
    bool demanded_ = false;
};

}  // namespace ike::session
