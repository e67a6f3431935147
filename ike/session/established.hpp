// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/connect/connect_attempt.hpp"
#include "ike/session/liveness/round_trip.hpp"
#include "ike/session/responder.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace ike::session {

/// A session that has an IKE SA, until that is deleted or given up: joins the parts. Each part owns
/// its state and says what it wants and what an answer means; here datagrams are routed to IKE SAs,
/// requests chosen by one table of priority, and outcomes acted on. When over() says why, nothing
/// more may be asked of it.
class Established {
  public:
    /// `lasting` outlives this. Emits Connected, and what became of the first Child SA.
    Established(Lasting& lasting, ConnectAttempt::Won& won, IkeAuth::Authenticated authenticated,
                Instant now);
    /// Then this: what else the gateway's answer says.
    void begin(std::span<const wire::Payload> payloads, Instant now);
    [[nodiscard]] const std::optional<Failure>& over() const { return over_; }

    void receive(ByteView datagram, const Path& path, Instant now);
    void tick(Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const;
    [[nodiscard]] bool busy() const { return ike_sas_.any_waiting(); }

    void move(const AddressPair& addresses, bool forced, Instant now);
    void hold();
    void check_path(Instant now);
    void resume(Instant now);
    void on_inbound(Instant when, const std::optional<Path>& path);
    void on_inbound_by(ChildSpi inbound) { emit_all(children_.on_inbound(inbound)); }
    void rekey_child(ChildSpi inbound, Instant now);
    void rekey_ike(Instant now);
    void close(Instant now);

  private:
    using Payloads = std::vector<wire::Payload>;
    /// A kind of request. It is made when it is due and the window is free.
    struct Wish {
        bool blocks;  // while there is this wish, nothing of a lower priority is asked, be it due
                      // or not
        std::optional<Instant> (*due)(const Established& session);
        void (*begin)(Established& session, Instant now);
    };
    static const std::array<Wish, 9>& wishes();
    /// The IKE SA ends for this reason, at `until` at the latest: its Delete may stay unanswered.
    struct Closing {
        Failure why;
        Instant until;
    };

    // Requests of ours.
    [[nodiscard]] bool may_ask() const;
    [[nodiscard]] std::optional<Instant> next_request_due() const;
    void ask_next(Instant now);
    void renewal_due(Instant now);
    void begin(IkeSa& sa, Request request, Instant now);
    void begin_if_any(std::optional<Request> request, Instant now);
    void begin_if_any(ChildSas::Next request, Instant now);
    void begin_update(Request update, Instant now);
    [[nodiscard]] Request liveness(bool no_inbound) const;
    void begin_liveness(Instant now);
    void begin_delete(IkeSa& sa, Instant now);
    void begin_delete(Instant now);
    void begin_closing(Failure why, Instant now);
    void resend_in_flight(Instant now);
    void outdate(IkeSa& sa);
    void on_lost(const InFlight& request);

    // What comes in.
    void route(const wire::Header& header, ByteView datagram, const Path& path, Instant now);
    void on_authentic(const PathCheck::Heard& heard, Instant now);
    void on_response(IkeSa& sa, std::span<const wire::Payload> payloads, const Path& path,
                     Instant now);
    bool passes_challenge(IkeSa& sa, std::span<const wire::Payload> payloads, Instant now);
    void on_child_outcome(ChildSas::Outcome outcome, Instant now);
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
    void on_request(IkeSa& sa, const wire::Header& header, std::span<const wire::Payload> payloads,
                    const Path& path, Instant now);
    void respond(IkeSa& sa, const wire::Header& request, const Payloads& payloads, const Path& path,
                 Instant now);
    void on_deleted_by_gateway(IkeSa& sa, Instant now);
    void on_malformed(IkeSa& sa, const wire::Header& header, const wire::DecodeError& error,
                      const Path& path, Instant now);
    void on_unreadable_response(IkeSa& sa, Failure failure, Instant now);

    // Timers.
    void release_held_answers(Instant now);
    bool check_due(Instant now);
    void ask_standbys(Instant now);
    void check_after_resume(Instant now);
    void retransmit_due(Instant now);
    bool retransmit(IkeSa& sa, Instant now);

    // Acting on outcomes.
    void apply(PathManager::Outcome outcome, Instant now);
    void recover_traffic(Instant now);
    void use(IkeSa& sa, Instant now);
    void use_successor(Instant now);
    void emit_all(std::vector<Event> events);
    void fail(crypto::CryptoError error);
    void finish(Failure why);

    [[nodiscard]] bool undecided() const;
    [[nodiscard]] bool may_check_path() const;
    [[nodiscard]] EspPath esp_path() const { return {paths_.esp(), paths_.udp_encapsulated()}; }
    [[nodiscard]] TrafficWatch::Use traffic_use() const;
    [[nodiscard]] PathCheck::Heard heard(const IkeSa& sa, const wire::Header& header,
                                         const Path& path) const;

    Lasting& s_;
    IkeSaSet ike_sas_;
    ChildSas children_;
    PathManager paths_;
    RoundTrip round_trip_;
    RekeyRefusals refusals_;
    Renewal renewal_;
    Responder responder_{s_, ike_sas_, children_, paths_, refusals_, renewal_};
    std::optional<Closing> closing_;
    std::optional<Failure> over_;
};

}  // namespace ike::session
