// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/connect/connect_attempt.hpp"
#include "ike/session/liveness/data_flow.hpp"
#include "ike/session/liveness/peer_liveness.hpp"
#include "ike/session/liveness/rescue.hpp"
#include "ike/session/liveness/round_trip.hpp"
#include "ike/session/mobike/additional_addresses.hpp"
#include "ike/session/mobike/mobike.hpp"
#include "ike/session/mobike/nat_mapping.hpp"
#include "ike/session/mobike/return_routability.hpp"
#include "ike/session/output.hpp"
#include "ike/session/sa/child_sas.hpp"
#include "ike/session/sa/ike_sa_set.hpp"
#include "ike/session/sa/rekey_refusals.hpp"
#include "ike/session/sa/renewal.hpp"
#include "ike/session/session.hpp"
#include "ike/session/values/counters.hpp"

#include <deque>
#include <list>
#include <optional>

namespace ike::session {

/// The state of a session and the rules that move it. By file:
///   core.cpp            inputs, routing of datagrams to IKE SAs
///   core_deadlines.cpp  when there is something to do next
///   core_connect.cpp    IKE_SA_INIT and IKE_AUTH
///   core_exchanges.cpp  the exchanges that we start, and what their answers do
///   core_children.cpp   Child SAs: made, rekeyed, deleted; by which one packets go
///   core_requests.cpp   the gateway's requests and our answers
///   core_rekey_ike.cpp  one IKE SA after another, by either side
///   core_move.cpp       paths: RFC 4555 3.5
///   core_rescue.cpp     a path that looks well and carries nothing
///   core_addresses.cpp  further addresses of both sides: RFC 4555 3.4, 3.6
///   core_mobike.cpp     what else RFC 4555 has: counters, and what its notifies say
class Session::Core {
  public:
    Core(SessionConfig config, Environment environment);

    void start(const AddressPair& addresses, Instant now);
    void receive(ByteView datagram, const Path& path, Instant now);
    void tick(Instant now);
    void move(const AddressPair& addresses, MoveKind kind, Instant now);
    void hold(Instant now);
    void standby(std::vector<AddressPair> others);
    void doubt_path(Instant now);
    void wake(Instant now);
    void note_inbound_traffic(Instant when, const std::optional<Path>& path);
    void note_inbound_on(ChildSpi inbound);
    void rekey_child(ChildSpi inbound, Instant now);
    void rekey_ike(Instant now);
    void announce(std::vector<IpAddress> ours) { additional_.set_ours(std::move(ours)); }
    void close(Instant now);

    std::optional<Transmit> poll_transmit() { return output_.poll_transmit(); }
    std::optional<Event> poll_event() { return output_.poll_event(); }
    [[nodiscard]] std::optional<Instant> next_deadline() const;
    [[nodiscard]] bool busy() const;
    [[nodiscard]] const MobikeCounters& counters() const { return counters_; }
    [[nodiscard]] Instant last_heard() const { return peer_.last_heard(); }
    [[nodiscard]] const FlowExperience& flow_experience() const { return experience_; }

  private:
    enum class Phase : std::uint8_t { idle, connecting, established, closed };
    using Payloads = std::vector<wire::Payload>;

    // core.cpp
    void finish(Failure failure);
    void route(const wire::Header& header, ByteView datagram, const Path& path, Instant now);
    void take_note(const IkeSa& sa, const wire::Header& header,
                   std::span<const wire::Payload> payloads, const Path& path, Instant now);
    void heard(Instant now);
    void retransmit_due(Instant now);
    bool retransmit(ExchangeWindow& window, Transmit::Purpose purpose, Instant now);
    [[nodiscard]] bool keeps_mapping() const;
    void keepalive_due(Instant now);
    void emit_all(std::vector<Event> events);
    [[nodiscard]] IkeSa& ike() { return ike_sas_->in_use(); }
    [[nodiscard]] const IkeSa& ike() const { return ike_sas_->in_use(); }

    // core_deadlines.cpp
    [[nodiscard]] std::optional<Instant> next_wish() const;
    [[nodiscard]] Instant next_rekey() const;

    // core_connect.cpp
    void initiate(Instant now);
    void take_attempt(Instant now);
    void take_won(ConnectAttempt::Won won, Instant now);
    void establish(IkeAuth::Authenticated authenticated, Instant now);

    // core_exchanges.cpp
    void pump(Instant now);
    void begin_next(Instant now);
    void renewal_due(Instant now);
    void begin_closing(Failure why, Instant now);
    bool begin_rekey(Instant now);
    void begin(IkeSa& sa, Request request, Instant now);
    bool begin_if_any(ChildSas::Next next, Instant now);
    void begin_delete_ike(IkeSa& sa, Instant now);
    void on_response(IkeSa& sa, std::span<const wire::Payload> payloads, const Path& path,
                     Instant now);
    void on_rekey_refused(const wire::NotifyPayload& notify, Instant now);
    void on_rekey_granted();

    // core_children.cpp
    bool begin_child_care(Instant now);
    [[nodiscard]] EspPath esp_path() const;
    void on_child_outcome(ChildSas::Outcome outcome, Instant now);

    // core_requests.cpp
    void on_request(IkeSa& sa, const wire::Header& header, std::span<const wire::Payload> payloads,
                    const Path& path, Instant now);
    void respond(IkeSa& sa, const wire::Header& request, const Payloads& payloads, const Path& path,
                 Instant now);
    void release_answer(IkeSa& sa, Instant now);
    void on_malformed(IkeSa& sa, const wire::Header& header, const wire::DecodeError& error,
                      const Path& path, Instant now);
    void on_unreadable_response(IkeSa& sa, Failure failure, Instant now);
    Payloads answer_informational(std::span<const wire::Payload> payloads, const Path& path,
                                  Instant now);
    Payloads answer_create_child_sa(IkeSa& sa, std::span<const wire::Payload> payloads,
                                    Instant now);

    // core_rekey_ike.cpp
    void on_rekey_response(const RekeyIke& exchange, IkeSa& sa,
                           std::span<const wire::Payload> payloads, Instant now);
    void on_ike_made(IkeSa& old, FreshIkeSa fresh, Instant now);
    Payloads answer_rekey_ike(IkeSa& sa, std::span<const wire::Payload> payloads);
    void on_ike_deleted(IkeSa& sa, Instant now);
    void use(IkeSa& sa, Instant now);
    void use_successor(Instant now);
    void drop_ike_sa(IkeSa& sa);
    void on_lost(const InFlight& request);
    void fail(crypto::CryptoError error);

    // core_move.cpp
    [[nodiscard]] Path path_to(const AddressPair& addresses) const;
    [[nodiscard]] bool udp_encapsulated() const;
    [[nodiscard]] ClaimNat claim_for(const Path& path) const;
    [[nodiscard]] bool encapsulation_refused(const UpdateAddresses& update);
    void reconnect_by(const AddressPair& addresses, MoveKind kind, Instant now);
    void move_at_once(const Path& path, bool resumed, Instant now);
    void test(const Path& path);
    void resend_outstanding(Instant now);
    void outdate_update(IkeSa& sa);
    [[nodiscard]] bool stays_open(const IkeSa& sa, const Path& path) const;
    void take_if_proved(const Path& path, std::optional<Duration> took, Instant now);
    void overtake_due(Instant now);
    [[nodiscard]] Duration follows(const Path& path) const;
    void esp_follows();
    void stay_behind(Instant now);
    void begin_update(Instant now);
    void on_update_response(const UpdateAddresses& update, std::span<const wire::Payload> payloads,
                            Instant now);
    void go_back(const std::string& why, Instant now);
    void switch_path(const Path& path, Instant now);
    void set_current(const Path& path, Instant now);

    // core_rescue.cpp
    [[nodiscard]] bool is_standby(const Path& path) const;
    [[nodiscard]] bool may_rescue() const;
    /// Which path to ask the next thing by. Who closes does not wait for that.
    [[nodiscard]] bool undecided() const {
        return ((rescue_ && rescue_->answered) || mobike_.overtaking) && !closing_;
    }
    void doubt_unanswered(Instant now);
    void repeat_soon(Instant now);
    void ask_standbys(Instant now);
    [[nodiscard]] bool is_early(Instant now) const;
    bool rescue_due(Instant now);
    void note_authentic(const IkeSa& sa, const Path& path, std::optional<MessageId> response,
                        Instant now);
    [[nodiscard]] bool is_late_copy(const IkeSa& sa, const wire::Header& header,
                                    const Path& path) const;
    void path_lives(Instant now);
    void remedy_flow(Instant now);
    void data_came_in(Instant when);
    [[nodiscard]] bool may_encapsulate() const;
    void reconnected();
    void rekey_after_move(Instant now);
    void doubt_woken(Instant now);
    bool leave_dead_path(Instant now);

    // core_addresses.cpp
    void take_gateway_addresses(std::span<const wire::Payload> payloads, const IpAddress& sender);
    void begin_announcement(Instant now);
    void on_announcement_response(const AnnounceAddresses& announcement,
                                  std::span<const wire::Payload> payloads);

    // core_mobike.cpp
    void count_received(std::span<const wire::Payload> payloads);
    void challenge(IkeSa& sa, const InFlight& request, Payloads& payloads);
    bool passes_challenge(IkeSa& sa, std::span<const wire::Payload> payloads, Instant now);
    void note_sent_again(IkeSa& sa);
    void forbid_nat(Payloads& payloads) const;
    bool tries_again(const std::string& what);
    [[nodiscard]] bool watches_mapping() const;
    [[nodiscard]] bool is_in_use(const Path& path) const;
    [[nodiscard]] Payloads mapping_question() const;
    void begin_liveness(Instant now);
    void on_liveness_response(const Liveness& liveness, std::span<const wire::Payload> payloads,
                              const Path& path);

    SessionConfig config_;
    Environment env_;
    Output output_;

    AddressPair addresses_;
    std::optional<ConnectAttempt> attempt_;  // while there is no IKE SA
    std::optional<AddressPair> better_;  // a preferred move asked for before there was an IKE SA

    std::optional<IkeSaSet> ike_sas_;
    std::optional<ChildSas> children_;
    Mobike mobike_;
    std::vector<AddressPair> standbys_;  // other ways to the gateway, best first
    std::optional<Rescue> rescue_;
    DataFlow flow_;
    FlowExperience experience_;
    RoundTrip round_trip_;
    PeerLiveness peer_;
    Duration calm_{};  // no doubt for so long after one that was for nothing
    Instant calm_until_;
    MobikeCounters counters_;
    ReturnRoutability routability_;
    NatMapping mapping_;
    AdditionalAddresses additional_;

    // The IKE SA ends for this reason, at `until` at the latest: its Delete may stay unanswered.
    struct Closing {
        Failure why;
        Instant until;
    };
    RekeyRefusals refusals_;
    Renewal renewal_;
    std::optional<Closing> closing_;
    Phase phase_ = Phase::idle;
    bool nat_t_ = false;  // both sides know NAT traversal: port 4500
};

}  // namespace ike::session
