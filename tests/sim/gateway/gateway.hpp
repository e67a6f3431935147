// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/gateway/state.hpp"

#include <optional>

namespace sim::gateway {

/// The other half of IKEv2 and MOBIKE, for tests: a responder with a pre-shared key, written from
/// the RFCs and sharing nothing with ike/session. Sans-IO. Judges what the initiator does (faults),
/// follows its own Config, and asks for rekeys, deletes, ... when told to.
class Gateway {
  public:
    Gateway(Config config, ike::crypto::Random& random);

    /// A datagram, without the non-ESP marker.
    void receive(const Datagram& datagram, ike::Instant now);
    void tick(ike::Instant now);
    std::optional<Datagram> poll_transmit();
    [[nodiscard]] std::optional<ike::Instant> next_deadline() const;

    /// Does it for the newest client, as soon as the window allows.
    void wish(Wish wish, ike::Instant now);
    /// An ESP packet came in by this Child SA: the client sends by it, so it receives by it. Gives
    /// the Child SA; nullptr: there is none.
    const Child* note_esp(ike::ChildSpi inbound, const AddressPair& from);

    [[nodiscard]] Config& config() { return state_.config; }
    /// The newest client; none before IKE_SA_INIT and after its IKE SA is deleted.
    [[nodiscard]] const Association* client() const;
    /// The Child SA to send by: the newest that the client is known to receive by.
    [[nodiscard]] const Child* sending_child(std::size_t network = 0) const;
    /// The IKE SA in use for the newest client.
    [[nodiscard]] const IkeSa* ike_sa() const;
    /// How often ESP alone moved a client, without UPDATE_SA_ADDRESSES.
    [[nodiscard]] unsigned moves_by_esp() const { return moves_by_esp_; }
    [[nodiscard]] bool idle() const;  // nothing outstanding, nothing wished for

    [[nodiscard]] const std::vector<Said>& transcript() const { return state_.transcript; }
    [[nodiscard]] const std::vector<std::string>& faults() const { return state_.faults; }

  private:
    [[nodiscard]] ike::Endpoint back_to(const IkeSa& ike_sa, const Datagram& datagram) const;
    void answer_again(IkeSa& ike_sa, const Datagram& datagram, const Part& part);
    void handle_request(IkeSa& ike_sa, const Datagram& datagram, const ike::wire::Header& header,
                        const Payloads& payloads);
    void handle_response(IkeSa& ike_sa, const ike::wire::Header& header, const Payloads& payloads);
    void answer_due(IkeSa& ike_sa);
    void send_request(IkeSa& ike_sa, Request request);
    void pump();
    void pump(IkeSa& ike_sa);
    void forget_gone();

    State state_;
    unsigned moves_by_esp_ = 0;
};

}  // namespace sim::gateway
