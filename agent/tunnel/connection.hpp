// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/later.hpp"
#include "agent/tunnel/replacing.hpp"
#include "agent/tunnel/roaming.hpp"
#include "agent/tunnel/tunnel_parts.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace agent {

/// Callbacks of a Connection, from the scheduler's thread. After `ended` and
/// `held_too_long` the Connection may be destroyed from inside the call.
struct ConnectionEvents {
    /// The first Child SA carries data.
    std::function<void()> fulfilled;
    /// No session is in use any more. `fault`: why, where this host could not go on with it.
    std::function<void(ike::session::Failure failure, std::optional<TunnelError> fault)> ended;
    /// Likewise: the gateway has forgotten the IKE SA that was held, or will soon.
    std::function<void()> held_too_long;
    /// Another path may be the one to use.
    std::function<void()> reconsider;
};

/// The part of a tunnel that is there while its wish is being fulfilled: coordinates the sessions
/// with the gateway (the one in use, its replacement, those closing) and the host (paths, plane,
/// routes). Follows the network, holds, and replaces an IKE SA. Exists from when the wish begins,
/// or is inherited, until nothing of the tunnel is in the system; a session is in use for a part of
/// that only.
class Connection {
  public:
    Connection(const TunnelParts& tunnel, ConnectionEvents events);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // For the tunnel's attempts.

    /// The wish begins.
    void begin() { roaming_.begin(); }
    /// IKE_SA_INIT leaves by this path. After an error no session is in use.
    ike::Result<void, TunnelError> start(const TakePath& path);
    /// The session in use has ended, or its attempt has come to nothing.
    void end(const ike::session::Failure& failure);
    /// The gateway is told; `ended` follows.
    void close();
    /// Likewise, because the configuration is another: the wish goes on.
    void close_for_another();
    /// Sessions that are closing wait for nothing more, and the replacement is dropped.
    void close_others();
    /// Nothing of the tunnel is in the system any more, but for what its wish blocks.
    void undo();

    // The laptop's life.

    /// The snapshot is another; a session is in use. `event` is when the kernel said so.
    void network_changed(MonotonicTime event);
    /// The machine has slept.
    void wake();

    [[nodiscard]] const IkeSessions& sessions() const { return sessions_; }
    [[nodiscard]] Roaming& roaming() { return roaming_; }
    [[nodiscard]] const Roaming& roaming() const { return roaming_; }
    [[nodiscard]] const Replacing& replacing() const { return replacing_; }
    void drop_replacement() { replacing_.drop(); }
    /// An exchange with the gateway is under way.
    [[nodiscard]] bool busy() const { return sessions_.in_use() && sessions_.in_use()->busy(); }

  private:
    IkeSessionEvents session_events();
    RoamingEvents roaming_events();
    void on_event(ike::session::Event& event);
    void on(ike::session::Connected& connected);
    void on(ike::session::ChildSaUp& up);
    void on(ike::session::ChildSaRekeyed& rekeyed);
    void on(const ike::session::PathRefused& refused);
    void on_replacement_up(ike::session::ChildSaUp up);
    bool carry(ike::session::ChildSa sa, bool send);
    void forget_session();

    void follow(const TakePath& path, MonotonicTime event);
    void follow_gateway();
    void leave_refused(const ike::Path& refused);
    void leave_if_gone();
    void hold(const HoldPath& why);
    void on_hold_deadline();
    void announce();
    void note_uplinks();
    void offer_standbys();

    TunnelParts tunnel_;
    ConnectionEvents events_;
    std::optional<TunnelError> fault_;  // the session in use is closing for it
    Roaming roaming_;
    IkeSessions sessions_;  // end before the host's half, which they send by
    Replacing replacing_;
    Later later_;
};

}  // namespace agent
