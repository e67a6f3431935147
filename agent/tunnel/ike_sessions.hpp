// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/later.hpp"
#include "agent/path/path_choice.hpp"
#include "agent/tunnel/session_runner.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace agent {

/// An IKE SA that the tunnel has taken into use.
struct EstablishedIkeSa {
    ike::session::IkeSpis spis;
    bool mobike = false;
    ike::session::NatVerdict nat;
    MonotonicTime since{};
};

/// A session that is made while another one is in use, to take its place: make before break (RFC
/// 7296 2.8.3).
struct Replacement {
    std::unique_ptr<SessionRunner> runner;
    TakePath path;
    std::optional<ike::session::Connected> connected;  // its Child SA follows
    bool parked = false;                               // it only keeps its addresses from us
};

/// What earlier sessions of a tunnel leave to later ones.
struct SessionHistory {
    ike::session::MobikeCounters counters;
    ike::session::FlowExperience flow_experience;
};

/// What IkeSessions tells. Those that may end a session come from the scheduler, not in the midst
/// of the session's own output.
struct IkeSessionEvents {
    std::function<void(const ike::session::Transmit&)> send;
    /// Before the time of any session passes: what came in until now is still to be told.
    std::function<void(ike::session::Session&, ike::Instant)> before_tick;
    /// Of the session in use; never Closed.
    std::function<void(ike::session::Event&)> in_use;
    /// The session in use has ended; it stays until forget().
    std::function<void(const ike::session::Failure&)> ended;
    /// The first Child SA of the replacement, unless that is parked.
    std::function<void(ike::session::ChildSaUp)> replacement_up;
    /// The replacement is none any more.
    std::function<void(const Replacement&, const ike::session::Failure&)> replacement_failed;
};

/// The IKE SAs of one tunnel, each with its session: the one in use, at most one that is to take
/// its place, and those that are closing. Each ends at its own pace, and leaves what was learned in
/// it to `history`.
class IkeSessions {
  public:
    /// `history` must outlive this.
    IkeSessions(Scheduler& loop, IkeSessionEvents events, SessionHistory& history);
    IkeSessions(const IkeSessions&) = delete;
    IkeSessions& operator=(const IkeSessions&) = delete;

    // The session in use.

    /// Has not started: the caller feeds it.
    void use(ike::session::Session session) { in_use_ = runner(std::move(session)); }
    /// Its IKE SA is taken into use.
    void establish(const ike::session::Connected& connected);
    [[nodiscard]] const ike::session::Session* in_use() const {
        return in_use_ ? &in_use_->session() : nullptr;
    }
    [[nodiscard]] const std::optional<EstablishedIkeSa>& ike_sa() const { return ike_sa_; }
    /// A request has waited long for its answer.
    [[nodiscard]] bool peer_unresponsive() const { return peer_unresponsive_; }
    /// The gateway answers, and nothing comes through the Child SAs although it did before.
    [[nodiscard]] bool inbound_missing() const { return inbound_missing_; }
    /// Does nothing where no session is in use.
    template <class Input>
    void feed(Input input) {
        if (in_use_) {
            in_use_->feed(std::move(input));
        }
    }
    void close_in_use();
    /// It is gone without another word; its counters stay.
    void forget();

    // The replacement.

    void replace_by(ike::session::Session session, const TakePath& path);
    [[nodiscard]] const std::optional<Replacement>& replacement() const { return replacement_; }
    /// It is not to be taken now. It keeps the addresses that it was given from being given again.
    void park_replacement() { replacement_->parked = true; }
    /// It is in use from now on. Returns it with the session that was in use, if one was.
    Replacement use_replacement();
    /// It is closed. Returns the path that it was to go by, if there was one.
    std::optional<TakePath> drop_replacement();

    // Those that are closing.

    /// The gateway is told now.
    void close(std::unique_ptr<SessionRunner> runner);
    /// Likewise, but later: what was sent by its Child SAs may be under way, and the gateway takes
    /// that until they are deleted.
    void close_after_in_flight(std::unique_ptr<SessionRunner> runner);
    /// Nothing in flight is waited for any more.
    void close_now();

    /// An IKE message: which session's it is, its SPIs say.
    void receive(ike::ByteView datagram, const ike::Path& path);
    /// All sessions but the one in use are gone without another word.
    void forget_others();

    /// The gateway may have an IKE SA of ours already, or still.
    [[nodiscard]] bool any() const { return in_use_ || replacement_ || !closing_.empty(); }
    /// Another one is there, or may be: the next session must not be the initial contact.
    [[nodiscard]] bool first() const { return !in_use_ && !replacement_; }
    /// Of all sessions so far, without that of the replacement.
    [[nodiscard]] ike::session::MobikeCounters counters() const;
    [[nodiscard]] const ike::session::FlowExperience& flow_experience() const;

  private:
    std::unique_ptr<SessionRunner> runner(ike::session::Session session);
    void handle(SessionRunner& from, ike::session::Event event);
    void on_in_use(ike::session::Event& event);
    void on_replacement(ike::session::Event& event);
    void closed(const SessionRunner* ended, const ike::session::Failure& failure);

    Scheduler& loop_;
    IkeSessionEvents events_;
    std::unique_ptr<SessionRunner> in_use_;
    std::optional<EstablishedIkeSa> ike_sa_;
    bool peer_unresponsive_ = false;
    bool inbound_missing_ = false;
    std::optional<Replacement> replacement_;
    std::vector<std::unique_ptr<SessionRunner>> closing_;
    Timer close_timer_;
    SessionHistory& history_;  // of the sessions before the one in use
    Later later_;
};

}  // namespace agent
