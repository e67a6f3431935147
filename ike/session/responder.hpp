// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/association.hpp"

#include <optional>
#include <span>
#include <vector>

namespace ike::session {

/// The gateway's requests (RFC 7296 1.3, 1.4, 2.25; RFC 4555 3.6, 3.7): gives each to the part that
/// it concerns, and makes the answer. It sends nothing.
class Responder {
  public:
    explicit Responder(Association& parts) : parts_(parts) {}

    struct Answer {
        std::vector<wire::Payload> payloads;
        std::vector<Event> events;
        InFlight lost;  // with an IKE SA that the gateway gave up; it is to be asked anew
        bool deletes_ike_sa = false;     // that which the request came by
        std::optional<Failure> refuses;  // AUTHENTICATION_FAILED: all is over once this is answered
        std::optional<Failure> failure;  // of our own library: there is no answer
    };
    /// `closing`: nothing new is made any more.
    Answer answer(IkeSa& sa, const wire::Header& header, std::span<const wire::Payload> payloads,
                  const Path& path, bool closing, Instant now);

  private:
    void answer_informational(std::span<const wire::Payload> payloads, const Path& path,
                              Instant now, Answer& answer);
    void answer_create_child_sa(IkeSa& sa, std::span<const wire::Payload> payloads, bool closing,
                                Instant now, Answer& answer);
    void answer_rekey_ike(IkeSa& sa, std::span<const wire::Payload> payloads, Answer& answer);

    Association& parts_;
};

/// The gateway's addresses as it tells them, if it changes what is known.
std::optional<GatewayAddresses> peer_addresses(Association& parts,
                                               std::span<const wire::Payload> payloads,
                                               const IpAddress& sender);

}  // namespace ike::session
