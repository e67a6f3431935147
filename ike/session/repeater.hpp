// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/requester.hpp"

namespace ike::session {

/// Requests in flight, repeated (RFC 7296 2.1, 2.4): each when its interval is over, and that of
/// the IKE SA in use sooner and by the standbys, too, while PathCheck says so. A request
/// that stays unanswered ends a path, an IKE SA, or the session.
class Repeater {
  public:
    Repeater(Association& parts, Requester& requester) : parts_(parts), requester_(requester) {}

    /// Is the path in use dead?
    void check_path(Instant now);
    /// The machine has slept, or there is a path again after that.
    void check_after_resume(Instant now);
    /// True: the path was left for a standby.
    bool check_due(Instant now);
    void retransmit_due(Instant now);

  private:
    [[nodiscard]] bool may_check_path() const;
    void ask_standbys(Instant now);
    bool retransmit(IkeSa& sa, Instant now);

    Association& parts_;
    Requester& requester_;
};

}  // namespace ike::session
