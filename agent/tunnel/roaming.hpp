// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/path/hold_policy.hpp"
#include "agent/path/path_controller.hpp"
#include "agent/tunnel/installed_network.hpp"
#include "agent/tunnel/session_state.hpp"
#include "agent/tunnel/tunnel_parts.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace agent {

/// Callbacks of a Roaming, from the scheduler's thread.
struct RoamingEvents {
    DataPlaneEvents plane;
    /// Another path may be the one to use, although the network is the same.
    std::function<void()> reconsider;
    /// The deadline of the HoldPolicy has come.
    std::function<void()> hold_deadline;
};

/// The host's half of a connection: by which path data goes, what is installed and protected for
/// it, and how the state and each roam are shown. Says nothing to the gateway: Connection does.
class Roaming {
  public:
    Roaming(const TunnelParts& tunnel, const IkeSessions& sessions, RoamingEvents events);
    Roaming(const Roaming&) = delete;
    Roaming& operator=(const Roaming&) = delete;

    // The session in use begins and ends.

    /// The wish begins: nothing is known of any path.
    void begin() { paths_.begin(tunnel_.config.dwell); }
    /// A session to go by `path` that has not started. Opens ports and data plane, if they are not
    /// open yet.
    ike::Result<ike::session::Session, TunnelError> make_session(const TakePath& path);
    /// The session in use is to go by this path; tell_of() it then.
    void take(const TakePath& path);
    /// IKE_AUTH is through.
    void establish(ike::session::Connected& connected);
    /// The session in use is gone. All that is installed stays, except its Child SAs.
    void forget_session();
    /// The wish has ended, or this run of the daemon: all is undone, but for what blocks where the
    /// wish keeps that.
    void close();

    // The state.

    [[nodiscard]] SessionState state() const { return state_; }
    [[nodiscard]] bool is_active() const {
        return state_ != SessionState::none && state_ != SessionState::closing;
    }
    /// The gateway answers by the path in use, as far as is known.
    [[nodiscard]] bool answers() const { return state_ == SessionState::connected; }
    void enter(SessionState state);
    /// A state of the tunnel in which no session is in use.
    void show(TunnelState state);
    /// Data goes by the path that it went by before.
    void end_moving();
    void protect() { tunnel_.protection.update(&network_, answers()); }

    // Which path.

    [[nodiscard]] PathSurroundings around() const;
    [[nodiscard]] PathChoice choose() const;
    /// The path of the session in use is gone, or no better than gone.
    [[nodiscard]] bool must_leave() const;
    /// The path carried nothing; `answered` is the one by which the gateway did.
    void avoid(const ike::session::AddressPair& dead, const std::optional<ike::Path>& answered);
    /// Remembers which uplinks have come and gone, and asks the new ones for the gateway's name.
    void note_uplinks();
    /// The routes and the MTU follow the network.
    void follow_network();

    // A roam.

    /// The plane gets ready for the new path, and the record begins. `event` is when the kernel
    /// said what the roam is for.
    void begin_roam(const TakePath& path, MonotonicTime event);
    void tell_of(const TakePath& path) const;
    void move_data(const ike::Path& path, bool udp_encapsulated);
    /// The gateway has answered by the path that data goes by. True: a roam was under way, and is
    /// to be told by the report.
    [[nodiscard]] bool answered();
    /// A path was prepared for, and is not taken.
    void forget_other_path();
    /// An IKE message of a session, or a NAT-keepalive, leaves.
    void send(const ike::session::Transmit& transmit);
    /// Packets that came in until now prove the path that they came by.
    void note_traffic(ike::session::Session& session, ike::Instant now);

    // No path.

    /// The session in use waits for a path: data stops.
    void hold(const std::string& reason);
    /// There is no path, for this reason. True: another reason than before.
    bool set_hold_reason(const std::string& reason);
    HoldStep on_hold_deadline();
    [[nodiscard]] const HoldPolicy& hold_policy() const { return hold_; }
    /// Why the path in use is none any more, now that restrictions are heeded again.
    [[nodiscard]] std::optional<std::string> restriction() const;

    // Events of the session in use.

    /// Carries the SA, and brings the host to where the SA wants it.
    ike::Result<void, TunnelError> carry(ike::session::ChildSa sa, bool send);
    void on(const ike::session::ChildSaSwitched& switched);
    void on(const ike::session::ChildSaDown& down);
    void on(const ike::session::ChildSaRefused& refused) const;
    void on(const ike::session::IkeSaRekeyed& rekeyed);
    void on(const ike::session::DataWaits& waits);
    void on(const ike::session::DataGoesOn&) { network_.plane().resume(); }
    void on(const ike::session::PathSwitched& switched);
    void on(const ike::session::PathConfirmed& confirmed);
    void on(const ike::session::PathRefused& refused);
    void on(const ike::session::PathDied& died);
    void on(const ike::session::GatewayAddresses& told);
    void on(const ike::session::GatewaySilent& silent);
    void on(const ike::session::DataMissing& data);

    [[nodiscard]] PathController& paths() { return paths_; }
    [[nodiscard]] const PathController& paths() const { return paths_; }
    [[nodiscard]] InstalledNetwork& network() { return network_; }
    [[nodiscard]] const InstalledNetwork& network() const { return network_; }

  private:
    void own_state_changed(bool another_device);

    TunnelParts tunnel_;
    const IkeSessions& sessions_;
    RoamingEvents events_;
    SessionState state_ = SessionState::none;
    PathController paths_;
    HoldPolicy hold_;
    Timer hold_timer_;
    Timer reconsider_;  // an uplink that was avoided may be tried again
    InstalledNetwork network_;
};

}  // namespace agent
