// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/connect/attempt_hints.hpp"
#include "ike/session/connect/candidates.hpp"
#include "ike/session/exchange/fragment_sizes.hpp"
#include "ike/session/exchange/ike_auth.hpp"
#include "ike/session/exchange/ike_sa_init.hpp"
#include "ike/session/sa/ike_sa.hpp"
#include "ike/session/values/counters.hpp"
#include "ike/session/values/environment.hpp"

#include <deque>
#include <optional>
#include <variant>
#include <vector>

namespace ike::session {

/// One attempt to get an IKE SA by one path (RFC 7296 1.2): IKE_SA_INIT, and IKE_AUTH with whoever
/// answers it. Before the gateway has proved who it is anybody may have sent an answer
/// (2.4, 2.21.1), so:
/// - an error, a malformed answer or a demand ends nothing. It is a hint; the request goes on being
///   sent until its retransmissions end.
/// - each answer that leads to keys is a candidate: it gets an IKE_AUTH of its own, up to a few at
///   a time, and the first whose AUTH is right is the gateway.
/// - a demand (COOKIE, INVALID_KE_PAYLOAD) is obeyed a few times. An exchange that was led astray
///   is followed by one that notes demands and stays as it is, and so on in turns.
/// - a refusal by the keys of IKE_SA_INIT ends the attempt soon, unless another candidate lives:
///   most likely it is the gateway's, and each further IKE_AUTH would be one more failed login
///   there.
/// - where we log in by EAP (RFC 7296 2.16) the gateway proves itself before it learns anything.
/// From
///   then on it is the only one that is listened to, and its refusal is the end.
/// Sans-IO as Session; the outcome comes once.
class ConnectAttempt {
  public:
    /// All outlive the attempt. `claim`: whether the gateway is told of a NAT (RFC 7296 2.23), so
    /// that ESP goes in UDP. `announcement` goes with each IKE_AUTH (RFC 4555 3.4).
    ConnectAttempt(const SessionConfig& config, const Environment& environment,
                   MobikeCounters& counters, FragmentSizes& fragment_sizes,
                   const AddressPair& addresses, ClaimNat claim,
                   std::vector<wire::Payload> announcement);

    void start(Instant now);
    void receive(ByteView datagram, const Path& path, Instant now);
    void tick(Instant now);
    /// There is no path: nothing is sent any more.
    void freeze();
    [[nodiscard]] std::optional<Instant> next_deadline() const;
    /// A request has gone out some times, and nobody has proved to be the gateway.
    [[nodiscard]] bool silent() const;

    /// The gateway has proved who it is.
    struct Won {
        IkeSa sa;
        Path path;                      // of IKE_AUTH
        std::optional<NatVerdict> nat;  // none: the gateway knows no NAT traversal
        std::vector<wire::Payload> payloads;
        std::variant<IkeAuth::Authenticated, IkeAuth::WithoutChild> result;
        Duration round_trip;  // an upper bound of it, if the request was sent again
    };
    /// Somebody between us changes addresses, which was forbidden (RFC 4555 3.9): from the
    /// beginning.
    struct NatInTheWay {
        Failure failure;
    };
    using Outcome = std::variant<Won, NatInTheWay, Failure>;

    std::optional<Transmit> poll_transmit();
    std::optional<Failure> poll_hint() { return hints_.poll(); }
    std::optional<Outcome> take_outcome();

  private:
    [[nodiscard]] Path path_for(const std::optional<NatVerdict>& nat) const;
    void begin_init(IkeSaInit::Demands demands, Instant now);
    void begin_next_init(Instant now);
    void on_init_answer(ByteView datagram, const Path& path, Instant now);
    void add_candidate(IkeSaInit::Agreed agreed, Instant now);
    [[nodiscard]] bool init_waits() const;
    void authenticate(Candidate& candidate, Instant now);
    void request(Candidate& candidate, std::vector<wire::Payload> payloads, Instant now);
    void go_on(Candidate& candidate, const IkeAuth::Continue& more, Instant now);
    void on_denied(Candidate& candidate, const IkeAuth::Denied& denied, Instant now);
    void on_auth_answer(Candidate& candidate, ByteView datagram, Instant now);
    void judge(Candidate& candidate, std::vector<wire::Payload> payloads, Instant now);
    void refuse(Candidate& candidate, const Failure& why, Instant now);
    void tell_untrusted(Candidate& candidate, Instant now);
    void retransmit_init(Instant now);
    void retransmit(Candidate& candidate, Instant now);
    void end_if_over(Instant now);
    void send(const Path& path, const Datagrams& message);

    const SessionConfig& config_;
    const Environment& env_;
    MobikeCounters& counters_;
    FragmentSizes& fragment_sizes_;
    AddressPair addresses_;
    ClaimNat claim_;
    std::vector<wire::Payload> announcement_;

    std::optional<IkeSaInit> init_;
    ExchangeWindow init_window_;
    bool init_over_ = false;  // sent as often as it may be
    Candidates candidates_;
    AttemptHints hints_;
    std::optional<Instant> ends_at_;  // somebody refused us by the keys

    std::deque<Transmit> transmits_;
    std::optional<Outcome> outcome_;
};

}  // namespace ike::session
