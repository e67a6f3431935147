// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/tunnel/shown_tunnel.hpp"
#include "agent/tunnel/tunnel_parts.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <variant>

namespace agent {

/// One tunnel of the configuration: a person's wish for it, and the attempts to fulfil that wish.
/// Decides when an attempt is, and by which path; its Connection does the rest while the wish is
/// being fulfilled.
class Tunnel {
  public:
    Tunnel(TunnelConfig config, std::uint32_t number, const TunnelEnvironment& environment);
    Tunnel(const Tunnel&) = delete;
    Tunnel& operator=(const Tunnel&) = delete;

    /// Another configuration. A connection that it is of consequence for is made anew.
    void configure(TunnelConfig config);
    /// Before the first connect(): an earlier run ended while the tunnel was wanted. The block that
    /// it left holds until this run is connected, or the wish has ended.
    void inherit(Wish wish);
    /// Begins the wish. If the wish stands and waits for its next attempt, that begins at once.
    void connect(WishLasts lasts);
    /// Begins the next attempt at once, if one is waited for: a person has done something.
    void retry_now();
    /// Likewise, because the clock or a network is another, unless only a person can help.
    void retry_after_change();
    /// The answer to the secret request of this id, or that nobody gives one.
    ike::Result<void, TunnelError> provide_secret(std::uint64_t id, ike::crypto::SecretBytes secret,
                                                  SecretLasts lasts);
    ike::Result<void, TunnelError> cancel_secret(std::uint64_t id);
    /// Ends the wish.
    void disconnect();
    /// The process ends, and the wish stands: the gateway is told, and the networks that the tunnel
    /// covers stay blocked.
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

    [[nodiscard]] TunnelStatus status() const { return shown_tunnel(parts_, connection_.get()); }
    [[nodiscard]] const std::deque<RoamRecord>& roams() const {
        return report_.records().records();
    }
    [[nodiscard]] TunnelCounters counters() const;
    [[nodiscard]] RecordedTunnel recorded() const {
        return recorded_tunnel(parts_, connection_.get());
    }
    [[nodiscard]] const TunnelConfig& config() const { return config_; }
    [[nodiscard]] bool wanted() const { return wish_.stands; }
    /// An IKE SA is there.
    [[nodiscard]] bool carries() const;
    /// A session has begun, and the gateway may have its IKE SA already, or still.
    [[nodiscard]] bool may_have_ike_sa() const;
    /// The packet filter follows the tunnel and the network as they are now. If is_guarded(), the
    /// networks that the tunnel covers are reached by the tunnel, or not at all.
    void protect();
    [[nodiscard]] bool is_guarded() const { return protection_.is_guarded(); }
    /// Its guard may keep NetworkManager's check of connectivity from working.
    [[nodiscard]] bool hides_checks() const { return protection_.hides_checks(); }
    /// Disconnected or failed: nothing of it is in the system.
    [[nodiscard]] bool at_rest() const { return is<Idle>(); }

  private:
    // The states of a tunnel. In each but Idle there is a Connection, and a wish that stands or is
    // being ended.
    struct Idle {};
    struct WaitingForSecret {};  // a person gives the password first; nothing is timed
    struct Resolving {};         // no address of the gateway's name is known yet
    struct WaitingForPath {};    // the first network that leads to the gateway ends this
    struct Active {};            // the Connection has a session in use
    struct Closing {};           // its session is closing: the wish has ended, or this run
    struct BackingOff {          // until the next attempt
        bool login_refused = false;
    };
    using State = std::variant<Idle, WaitingForSecret, Resolving, WaitingForPath, Active, Closing,
                               BackingOff>;

    template <class Which>
    [[nodiscard]] bool is() const {
        return std::holds_alternative<Which>(state_);
    }
    void make_connection();
    void close();
    void tear_down(TunnelState shown);
    void remember_wish() const;

    void attempt();
    void on_resolved(const ike::Result<void, ResolveError>& answer);
    void on_another_address(const ike::IpAddress& added);
    void begin();
    [[nodiscard]] TakePath whose_turn(const TakePath& best);
    [[nodiscard]] Attempts::Paths all_paths() const;
    void on_turn_end();
    void on_ended(const ike::session::Failure& failure, std::optional<TunnelError> fault);
    bool takes_next_path(const ike::session::Failure& failure);
    void try_again(TunnelError error);
    void begin_next();
    void back_off(ike::Duration delay);
    [[nodiscard]] bool another_path_appeared() const;

    TunnelConfig config_;
    TunnelEnvironment env_;
    StandingWish wish_;
    State state_;
    PeerAddresses peer_;
    Attempts attempts_;
    AskedSecret secret_;
    TunnelProtection protection_;
    TunnelReport report_;
    SessionHistory history_;
    TunnelParts parts_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace agent
