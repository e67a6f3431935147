// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/gateway/gateway.hpp"
#include "tests/sim/network/dice.hpp"

namespace sim {

/// Just enough of an initiator to try the gateway by itself: no timers, no losses, one request at a
/// time, and it gives up at the first surprise.
class ScriptedInitiator {
  public:
    ScriptedInitiator(gateway::Gateway& gateway, ike::crypto::Random& random);

    /// Says what is in `extra` first; what comes back when the gateway does not go along.
    gateway::Payloads ike_sa_init(const gateway::Payloads& extra = {});
    gateway::Payloads ike_auth(ike::ByteView psk);
    /// A request of the established IKE SA, and the response's payloads.
    gateway::Payloads request(ike::wire::ExchangeType exchange, const gateway::Payloads& payloads);
    /// The gateway's own request that waits in its outbox; it is answered with `answer`.
    std::optional<gateway::Payloads> take_request(const gateway::Payloads& answer);
    /// Sends the last request again, byte for byte; what comes back, byte for byte.
    ike::Bytes retransmit();

    void move_to(const ike::Endpoint& endpoint) { here_ = endpoint; }
    [[nodiscard]] const ike::Endpoint& here() const { return here_; }
    [[nodiscard]] ike::ChildSpi child_spi() const { return child_spi_; }
    [[nodiscard]] const gateway::IkeSpiPair& spis() const { return spis_; }
    [[nodiscard]] const ike::Bytes& last_response() const { return last_response_; }

  private:
    gateway::Payloads round_trip(const ike::Bytes& datagram);
    ike::wire::Header header(ike::wire::ExchangeType exchange) const;

    gateway::Gateway& gateway_;
    ike::crypto::Random& random_;
    ike::Endpoint here_;
    ike::Endpoint there_;
    ike::crypto::KeyExchange key_exchange_;
    gateway::IkeSpiPair spis_;
    gateway::Nonces nonces_;
    ike::crypto::IkeSuite suite_;
    gateway::SaKeys keys_;
    std::optional<gateway::Protection> protection_;
    std::uint32_t next_id_ = 0;
    ike::ChildSpi child_spi_{0x0a0b0c0d};
    ike::Bytes first_request_;
    ike::Bytes last_request_;
    ike::Bytes last_response_;
};

}  // namespace sim
