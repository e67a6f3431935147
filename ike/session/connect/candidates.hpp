// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/session/exchange/ike_auth.hpp"
#include "ike/session/exchange/ike_sa_init.hpp"
#include "ike/session/sa/ike_sa.hpp"

#include <list>
#include <optional>
#include <vector>

namespace ike::session {

/// A candidate is fresh until its request has left so often, after about 1.4 s; the gateway, once
/// it has proved itself, until it is given up: within EAP it may have to wait for a person.
inline constexpr unsigned fresh_transmissions = 3;

/// An answer to IKE_SA_INIT as it came, and what it says of NATs and of fragments.
struct InitAnswer {
    Bytes response;
    std::optional<NatVerdict> nat;
    bool fragmentation = false;
};

/// Somebody who answered IKE_SA_INIT with what the keys are made of. It stays when it is over, so
/// that these keys never seal a second first message.
struct Candidate {
    IkeSa sa;
    IkeAuth exchange;
    Bytes nr, peer_value;
    crypto::IkeSuite suite;
    std::vector<InitAnswer> answers;  // that lead to the same keys, none twice
    Instant asked_at;
    bool over = false;  // refused, or asked as often as it may be

    [[nodiscard]] bool fresh() const;
    [[nodiscard]] bool has_keys_of(const IkeSaInit::Agreed& agreed) const;
    /// Another answer that leads to its keys; a few of these are kept.
    void add_answer(IkeSaInit::Agreed agreed);
    /// Its request as it leaves now, in fragments where they are needed. Answers may contradict
    /// each other as to whether the gateway knows fragments (RFC 7383 2.3): each gets its turn.
    const Datagrams& request(std::size_t largest, MobikeCounters& counters, crypto::Random& random);
};

/// All who answered, in the order in which they did. A candidate stays where it is in memory.
class Candidates {
  public:
    [[nodiscard]] Candidate* find(const IkeSpis& spis);
    /// RFC 5282 3.1: a nonce never comes twice under one key. So who has the keys of a candidate is
    /// that candidate, whatever else its answer says.
    [[nodiscard]] Candidate* with_keys_of(const IkeSaInit::Agreed& agreed);
    /// A flood of answers costs so many key exchanges at once, and so many in all.
    [[nodiscard]] bool has_room() const;
    Candidate& add(Candidate candidate);

    [[nodiscard]] bool has_fresh() const;
    /// One has shown that it is the gateway, and IKE_AUTH goes on (RFC 7296 2.16).
    [[nodiscard]] bool has_proved() const;
    void leave_all_but(const Candidate& gateway);
    [[nodiscard]] bool all_over() const;
    /// The request of one has gone out some times.
    [[nodiscard]] bool silent() const;
    /// There is no path: nothing is repeated.
    void freeze();

    [[nodiscard]] auto begin() { return candidates_.begin(); }
    [[nodiscard]] auto end() { return candidates_.end(); }
    [[nodiscard]] auto begin() const { return candidates_.begin(); }
    [[nodiscard]] auto end() const { return candidates_.end(); }

  private:
    std::list<Candidate> candidates_;
};

}  // namespace ike::session
