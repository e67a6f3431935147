// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/wire/notify.hpp"

namespace ike::session {

/// The gateway's refusals to rekey an SA or to make the only Child SA, one after the other: when to
/// ask again (RFC 7296 2.25), and when there is no use in it.
class RekeyRefusals {
  public:
    struct Verdict {
        Duration wait{};        // before the next request
        bool hopeless = false;  // this IKE SA gets nothing new: another one is needed
    };
    /// `carries`: there is a Child SA meanwhile.
    Verdict refused(wire::NotifyType type, bool carries);
    void granted() { temporary_ = others_ = 0; }
    /// Nothing is asked for before this time.
    [[nodiscard]] Instant not_before() const { return not_before_; }
    void wait_until(Instant when) { not_before_ = when; }

    /// TEMPORARY_FAILURE for longer than a gateway is busy by itself; true at each fourth of them.
    [[nodiscard]] bool is_suspicious() const;

  private:
    unsigned temporary_ = 0;
    unsigned others_ = 0;
    Instant not_before_{};
};

}  // namespace ike::session
