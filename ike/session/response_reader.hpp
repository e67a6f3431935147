// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/requester.hpp"

#include <span>

namespace ike::session {

/// The gateway's answers: gives each to the part that asked, and acts on what that makes of it.
class ResponseReader {
  public:
    ResponseReader(Association& parts, Requester& requester)
        : parts_(parts), requester_(requester) {}

    /// The answer to what this IKE SA has in flight.
    void on_response(IkeSa& sa, std::span<const wire::Payload> payloads, const Path& path,
                     Instant now);
    /// The answer is authentic and can't be read.
    void on_unreadable_response(IkeSa& sa, Failure failure, Instant now);
    void on_child_outcome(ChildSas::Outcome outcome, Instant now);

  private:
    bool passes_challenge(IkeSa& sa, std::span<const wire::Payload> payloads, Instant now);
    void on_rekey_response(const RekeyIke& exchange, IkeSa& sa,
                           std::span<const wire::Payload> payloads, Instant now);
    void on_rekeyed(IkeSa& old, FreshIkeSa fresh, Instant now);
    void on_rekey_granted();
    void on_rekey_refused(const wire::NotifyPayload& notify, Instant now);
    void on_delete_answered(IkeSa& sa);
    void on_update_response(const UpdateAddresses& update, std::span<const wire::Payload> payloads,
                            Instant now);
    void on_addresses_response(const AnnounceAddresses& told,
                               std::span<const wire::Payload> payloads);
    void on_liveness_response(const Liveness& liveness, std::span<const wire::Payload> payloads,
                              const Path& path);

    Association& parts_;
    Requester& requester_;
};

}  // namespace ike::session
