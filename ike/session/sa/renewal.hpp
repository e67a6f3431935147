// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/session/values/reason.hpp"

#include <optional>

namespace ike::session {

/// When another IKE SA has to take this one's place: the authentication has a lifetime (RFC 4478),
/// or the gateway makes nothing new on this IKE SA any more (RFC 7296 2.25). It is told first, so
/// that the other one is made while this one carries; then this one ends.
class Renewal {
  public:
    enum class Step : std::uint8_t {
        none,
        tell,  // now is the time to make another IKE SA
        end,   // nobody has: this one ends, for the reason why()
    };

    Renewal() = default;
    /// `connected`: no AUTH_LIFETIME is over sooner than five seconds after that.
    explicit Renewal(Instant connected) : connected_(connected) {}

    /// AUTH_LIFETIME was received. It replaces the one before.
    void authentication_lasts(Duration lifetime, Instant now);
    /// Another IKE SA is needed from now on, and this one ends after `patience`.
    void want(Failure why, Duration patience, Instant now);
    /// The reason given to want() has passed.
    void unwant() { wanted_.reset(); }

    /// The step that is due; each step is returned once.
    Step due(Instant now);
    [[nodiscard]] std::optional<Instant> deadline() const;
    /// After Step::end.
    [[nodiscard]] const Failure& why() const { return why_; }

  private:
    struct Term {
        Instant due;  // when to tell; after that, when to end
        Instant end;
        Failure why;
        bool told = false;
    };
    Step due(std::optional<Term>& term, Instant now);

    Instant connected_{};
    std::optional<Term> authentication_;
    std::optional<Term> wanted_;
    Failure why_;
};

}  // namespace ike::session
