// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/association.hpp"

#include <array>
#include <optional>

namespace ike::session {

Transmit::Purpose purpose_of(const IkeSa& sa);

/// Asks the gateway. The next request is not queued but read off the parts, by one table of
/// priority, when the window is free; so a change of mind never leaves a stale wish behind. One
/// function sends all requests. Acts on what PathManager says, and gives a lost request back to its
/// part.
class Requester {
  public:
    explicit Requester(Association& parts) : parts_(parts) {}

    /// When the next request falls due; none while one is in flight.
    [[nodiscard]] std::optional<Instant> next_due() const;
    /// After every input.
    void ask_next(Instant now);

    void begin(IkeSa& sa, Request request, Instant now);
    /// On the IKE SA in use.
    void begin_if_any(std::optional<Request> request, Instant now);
    void begin_if_any(ChildSas::Next request, Instant now);
    void begin_delete(IkeSa& sa, Instant now);
    /// A sign of life is wanted. `no_inbound`: because data goes out and none comes in.
    [[nodiscard]] Request liveness(bool no_inbound) const;
    void begin_closing(Failure why, Instant now);

    void apply(PathManager::Outcome outcome, Instant now);
    /// The request in flight on this IKE SA leaves by this path, for the first time or again, in
    /// fragments that the path carries (RFC 7383 2.5.1).
    void send(IkeSa& sa, const Path& path, Transmit::Purpose purpose, Instant now);
    void resend_in_flight(Instant now);
    void outdate(IkeSa& sa);
    void on_lost(const InFlight& request);
    /// This IKE SA is used from now on.
    void use(IkeSa& sa, Instant now);
    void use_successor(Instant now);

  private:
    using Payloads = std::vector<wire::Payload>;
    /// A kind of request. It is made when it is due and the window is free.
    struct Wish {
        bool blocks;  // while there is this wish, nothing of a lower priority is asked, be it due
                      // or not
        std::optional<Instant> (*due)(const Requester& requester);
        void (*begin)(Requester& requester, Instant now);
    };
    static const std::array<Wish, 9>& wishes();

    [[nodiscard]] bool may_ask() const;
    void renewal_due(Instant now);
    void begin_update(Request update, Instant now);
    void begin_liveness(Instant now);
    void begin_delete(Instant now);

    Association& parts_;
};

}  // namespace ike::session
