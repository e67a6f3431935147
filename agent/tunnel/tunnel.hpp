// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/path/hold_policy.hpp"
#include "agent/path/path_controller.hpp"
#include "agent/recording/recording.hpp"
#include "agent/tunnel/error_causes.hpp"
#include "agent/tunnel/ike_sessions.hpp"
#include "agent/tunnel/installed_network.hpp"
#include "agent/tunnel/peer_addresses.hpp"
#include "agent/tunnel/tunnel_environment.hpp"
#include "agent/tunnel/tunnel_guard.hpp"
#include "agent/tunnel/tunnel_report.hpp"
#include "agent/wish/attempts.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent {

/// One tunnel of the configuration: from the wish to connect through name, path, session, data
/// plane and system state to its end, with every roam between. By file:
///   tunnel.cpp          wish, configuration, end
///   tunnel_attempts.cpp by which path the next attempt is, and when
///   tunnel_session.cpp  the session that carries: its beginning, and what is forgotten with it
///   tunnel_choice.cpp   what its PathController is asked
///   tunnel_paths.cpp    what a change of the network means for the session
///   tunnel_replacement.cpp  another session before the present one goes
///   tunnel_hold.cpp     what it does without a path, by its HoldPolicy
///   tunnel_addresses.cpp  further addresses of both sides
///   tunnel_events.cpp   what the session says, and what that does to plane and records
///   tunnel_shown.cpp    what a status says of paths and of proof
///   tunnel_protection.cpp  what the packet filter is to hold for it
///   tunnel_child_sas.cpp  what its Child SAs do to what is installed
class Tunnel {
  public:
    Tunnel(TunnelConfig config, std::uint32_t number, const TunnelEnvironment& environment);
    Tunnel(const Tunnel&) = delete;
    Tunnel& operator=(const Tunnel&) = delete;

    /// Another configuration. A connection that it is of consequence for is made anew.
    void configure(TunnelConfig config);
    /// Before the first connect(): an earlier run ended while the tunnel was wanted, and what it
    /// left blocks until this one is connected or the wish has ended.
    void inherit(Wish wish);
    /// Begins the wish. Where one stands and waits, it is tried at once.
    void connect(WishLasts lasts);
    /// If it waits for its next attempt: a person has done something.
    void retry_now();
    /// Likewise: the clock or a network is another, which may let it succeed.
    void retry_after_change();
    /// Ends the wish.
    void disconnect();
    /// The process ends, and the wish stands: the gateway is told, and what the tunnel covers stays
    /// blocked.
    void end_run();
    ~Tunnel();
    /// As disconnect(), and nothing is protected until the next connect().
    void free();
    /// The snapshot is another; `event` is when the kernel said so.
    void network_changed(MonotonicTime event);
    /// The machine has slept.
    void wake();
    /// An exchange with the gateway is under way.
    [[nodiscard]] bool busy() const;

    [[nodiscard]] TunnelStatus status() const;
    [[nodiscard]] const std::deque<RoamRecord>& roams() const {
        return report_.records().records();
    }
    [[nodiscard]] TunnelCounters counters() const;
    [[nodiscard]] RecordedTunnel recorded() const;
    [[nodiscard]] const TunnelConfig& config() const { return config_; }
    [[nodiscard]] bool wanted() const { return wanted_; }
    /// An IKE SA is there.
    [[nodiscard]] bool carries() const { return sessions_.ike_sa().has_value(); }
    /// A session has begun, and the gateway may have its IKE SA already, or still.
    [[nodiscard]] bool may_have_ike_sa() const { return sessions_.any(); }
    /// The packet filter holds what this tunnel needs as it and the network are now. What it covers
    /// leaves by it, or not at all, if is_guarded().
    void protect();
    [[nodiscard]] bool is_guarded() const;
    /// Its guard may keep NetworkManager's check of connectivity from working.
    [[nodiscard]] bool hides_checks() const;
    /// Disconnected or failed: nothing of it is in the system.
    [[nodiscard]] bool at_rest() const { return phase_ == Phase::rest; }

  private:
    enum class Phase : std::uint8_t { rest, resolving, without_path, session, closing, delay };

    // tunnel.cpp
    void finish(const ike::session::Failure& failure);
    void close();
    void connect_by_new_configuration();
    void remember_wish() const;
    [[nodiscard]] bool keeps_block() const;
    void give_up(TunnelError error);
    void tear_down(TunnelState state);
    void set_state(TunnelState state);
    void own_state_changed(bool another_device);

    // tunnel_attempts.cpp
    void attempt();
    void resolved(const ike::Result<void, ResolveError>& answer);
    void begin();
    TakePath whose_turn(const TakePath& best);
    void end_turn();
    bool takes_next_path(const ike::session::Failure& failure);
    [[nodiscard]] bool ends_with_first_failure() const;
    void try_again(TunnelError error);
    void begin_next();
    void attempt_with_addresses_back();
    void attempt_after(ike::Duration delay);

    // tunnel_session.cpp
    [[nodiscard]] ike::Result<ike::session::Session, TunnelError> make_session(
        const TakePath& path);
    void start_session(const TakePath& path);
    void forget_session();

    // tunnel_paths.cpp
    void stay();
    void follow(const TakePath& path, MonotonicTime event);
    void begin_roam(const TakePath& path, MonotonicTime event);
    void tell_of(const TakePath& path);
    void note_uplinks();
    void offer_standbys();
    [[nodiscard]] bool gateway_answers() const;
    void on(const ike::session::GatewaySilent& silent);
    void on(const ike::session::DataMissing& data);
    void avoid(const ike::session::AddressPair& dead, const std::optional<ike::Path>& answered);
    [[nodiscard]] std::optional<ConnectionStatus> connection_status(
        const TunnelStatus& status) const;

    // tunnel_choice.cpp
    [[nodiscard]] bool another_path_appeared() const;
    void leave_if_gone();
    [[nodiscard]] PathSurroundings around() const;
    [[nodiscard]] PathChoice choose() const;

    // tunnel_replacement.cpp
    IkeSessionEvents session_events();
    void replace_by(const TakePath& path, std::optional<MonotonicTime> event);
    void replacement_up(ike::session::ChildSaUp up);
    [[nodiscard]] bool keeps_addresses(const ike::session::Connected& connected) const;
    void use_replacement(ike::session::ChildSaUp up);
    [[nodiscard]] bool keeps_parked() const;
    void drop_replacement();
    [[nodiscard]] bool is_another_path(const TakePath& path) const;
    void forget_other_path();
    void end_moving();
    void replacement_failed(const TakePath& path, const ike::session::Failure& failure);
    void promote_replacement();
    void connect_anew();
    [[nodiscard]] bool lacks_addresses_given_back(const ike::session::Connected& connected);
    void on(const ike::session::ReauthenticationDue& due);
    void on(const ike::session::SuccessorWanted& wanted);
    void replace_by_present_path(const std::string& reason);

    // tunnel_hold.cpp
    void hold(const HoldPath& why);
    void give_up_holding();
    bool set_hold_reason(const std::string& reason);
    void on_hold_deadline();
    void heed_restrictions();

    // tunnel_addresses.cpp
    void on(const ike::session::GatewayAddresses& told);
    void on_another_address(const ike::IpAddress& added);
    void follow_gateway();
    void leave_refused(const ike::Path& refused);
    void announce();

    // tunnel_protection.cpp
    void unprotect();
    void tell_of_portal(const std::optional<guard::PortalHole>& portal);
    [[nodiscard]] GuardFacts guard_facts() const;

    // tunnel_events.cpp
    DataPlaneEvents plane_events();
    void receive(ike::ByteView datagram, const ike::Path& path);
    void send(const ike::session::Transmit& transmit);
    void note_traffic(ike::session::Session& session, ike::Instant now);
    void on(const ike::session::AttemptHint& hint);
    void on(ike::session::Connected& connected);
    void on(const ike::session::IkeSaRekeyed& rekeyed);
    void on(const ike::session::DataWaits& waits);
    void on(const ike::session::DataGoesOn& on);
    void on(const ike::session::PathSwitched& switched);
    void on(const ike::session::PathConfirmed& confirmed);
    void on(const ike::session::PathRefused& refused);
    void on(const ike::session::PathDied& died);
    void move_data(const ike::Path& path, bool udp_encapsulated);
    void close_for(TunnelError error);

    // tunnel_shown.cpp
    void show_paths(TunnelStatus& status) const;
    void show_proof(TunnelStatus& status) const;

    // tunnel_child_sas.cpp
    void on(ike::session::ChildSaUp& up);
    void on(ike::session::ChildSaRekeyed& rekeyed);
    void on(const ike::session::ChildSaSwitched& switched);
    void on(const ike::session::ChildSaDown& down);
    void on(const ike::session::ChildSaRefused& refused);
    bool carry(ike::session::ChildSa sa, bool send);

    TunnelConfig config_;
    std::uint32_t number_;  // in the kernel (kernel_ids.hpp)
    TunnelEnvironment env_;

    Phase phase_ = Phase::rest;
    bool wanted_ = false;  // the wish stands
    bool run_ends_ = false;
    WishLasts wish_lasts_ = WishLasts::until_ended;
    bool fulfilled_ = false;            // connected since the wish began
    bool gave_addresses_back_ = false;  // for the next session, by closing the last one
    HoldPolicy hold_;
    PeerAddresses peer_;
    PathController paths_;
    std::optional<TunnelError> closing_for_;  // the session is closing, and another one follows
    TunnelGuard guard_;

    TunnelState state_ = TunnelState::disconnected;  // connected also where it is impaired
    std::optional<TunnelError> error_;               // the last one, until it is mended
    TunnelReport report_;
    Attempts attempts_;
    Timer reconsider_;  // an uplink that was avoided may be tried again
    Timer hold_timer_;
    InstalledNetwork network_;
    IkeSessions sessions_;  // end before the network that they send by
};

}  // namespace agent
