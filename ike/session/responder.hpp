// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/lasting.hpp"
#include "ike/session/mobike/path_manager.hpp"
#include "ike/session/sa/child_sas.hpp"
#include "ike/session/sa/ike_sa_set.hpp"
#include "ike/session/sa/rekey_refusals.hpp"
#include "ike/session/sa/renewal.hpp"

#include <optional>
#include <span>
#include <vector>

namespace ike::session {

/// The gateway's requests (RFC 7296 1.3, 1.4, 2.25; RFC 4555 3.6, 3.7): gives each to the part that
/// it concerns, and makes the answer. It sends nothing.
class Responder {
  public:
    /// All outlive this.
    Responder(Lasting& lasting, IkeSaSet& ike_sas, ChildSas& children, PathManager& paths,
              RekeyRefusals& refusals, Renewal& renewal)
        : s_(lasting),
          ike_sas_(ike_sas),
          children_(children),
          paths_(paths),
          refusals_(refusals),
          renewal_(renewal) {}

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

    Lasting& s_;
    IkeSaSet& ike_sas_;
    ChildSas& children_;
    PathManager& paths_;
    RekeyRefusals& refusals_;
    Renewal& renewal_;
};

/// What the gateway says of its addresses, if it changes what is known.
std::optional<GatewayAddresses> peer_addresses(Lasting& lasting, const PathManager& paths,
                                               const ChildSas& children,
                                               std::span<const wire::Payload> payloads,
                                               const IpAddress& sender);

}  // namespace ike::session
