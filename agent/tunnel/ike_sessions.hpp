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
    bool parked = false;  // not to be used: it keeps its addresses from being assigned again
};

/// Knowledge that earlier sessions of a tunnel leave to later ones.
struct SessionHistory {
    ike::session::MobikeCounters counters;
    ike::session::FlowExperience flow_experience;
};

/// Callbacks of IkeSessions. `ended` and `replacement_failed` come from the scheduler, so they may
/// destroy sessions; the others come while a session is being fed.
struct IkeSessionEvents {
    std::function<void(const ike::session::Transmit&)> send;
    /// Before any session is told the time: the last chance to tell it of inbound packets.
    std::function<void(ike::session::Session&, ike::Instant)> before_tick;
    /// Of the session in use; never Closed.
    std::function<void(ike::session::Event&)> in_use;
    /// The session in use has ended; it stays until forget().
    std::function<void(const ike::session::Failure&)> ended;
    /// The first Child SA of the replacement, unless the replacement is parked.
    std::function<void(ike::session::ChildSaUp)> replacement_up;
    /// The replacement has ended, and is no longer there.
    std::function<void(const Replacement&, const ike::session::Failure&)> replacement_failed;
};

/// The IKE SAs of one tunnel, each with its session: the session in use, at most one replacement
/// for it, and sessions that are closing. Each session ends at its own pace, and leaves what it has
/// learned to `history`.
class IkeSessions {
  public:
    /// `history` must outlive this.
    IkeSessions(Scheduler& loop, IkeSessionEvents events, SessionHistory& history);
    IkeSessions(const IkeSessions&) = delete;
    IkeSessions& operator=(const IkeSessions&) = delete;

    // The session in use.

    /// The session has not started: the caller feeds it.
    void use(ike::session::Session session) {
        in_use_ = InUse{.runner = runner(std::move(session))};
    }
    /// The IKE SA of the session in use is established.
    void establish(const ike::session::Connected& connected);
    [[nodiscard]] const ike::session::Session* in_use() const {
        return in_use_ ? &in_use_->runner->session() : nullptr;
    }
    /// None before establish().
    [[nodiscard]] const EstablishedIkeSa* ike_sa() const {
        return in_use_ && in_use_->ike_sa ? &*in_use_->ike_sa : nullptr;
    }
    /// A request has waited long for its answer.
    [[nodiscard]] bool peer_unresponsive() const { return in_use_ && in_use_->peer_unresponsive; }
    /// The gateway answers, and nothing comes through the Child SAs although it did before.
    [[nodiscard]] bool inbound_missing() const { return in_use_ && in_use_->inbound_missing; }
    /// Does nothing where no session is in use.
    template <class Input>
    void feed(Input input) {
        if (in_use_) {
            in_use_->runner->feed(std::move(input));
        }
    }
    void close_in_use();
    /// The session in use is gone, and the gateway is not told; its counters stay.
    void forget();

    // The replacement.

    void replace_by(ike::session::Session session, const TakePath& path);
    [[nodiscard]] const std::optional<Replacement>& replacement() const { return replacement_; }
    /// The replacement is not to be used. It keeps its addresses from being assigned again.
    void park_replacement() { replacement_->parked = true; }
    /// The replacement is in use from now on. Returned with the session that was in use, if any.
    Replacement use_replacement();
    /// The replacement is closed. The path that it was to go by; nothing: there was none.
    std::optional<TakePath> drop_replacement();

    // Sessions that are closing.

    /// The session closes, and the gateway is told now.
    void close(std::unique_ptr<SessionRunner> runner);
    /// Likewise a second later: packets that were sent by its Child SAs may be under way, and the
    /// gateway accepts them until the Child SAs are deleted.
    void close_after_in_flight(std::unique_ptr<SessionRunner> runner);
    /// No session waits for packets in flight any more.
    void close_now();

    /// An IKE message of any session: its SPIs say which.
    void receive(ike::ByteView datagram, const ike::Path& path);
    /// All sessions but the one in use are gone. The gateway is told of those that were closing,
    /// once.
    void forget_others();

    /// The gateway may have an IKE SA of ours already, or still.
    [[nodiscard]] bool any() const { return in_use_ || replacement_ || !closing_.empty(); }
    /// No IKE SA with these identities can be there: the next one is the initial contact (RFC 7296
    /// 2.4).
    [[nodiscard]] bool first() const { return !in_use_ && !replacement_; }
    /// Of all sessions so far, without the replacement.
    [[nodiscard]] ike::session::MobikeCounters counters() const;
    [[nodiscard]] const ike::session::FlowExperience& flow_experience() const;

  private:
    struct InUse {
        std::unique_ptr<SessionRunner> runner;
        std::optional<EstablishedIkeSa> ike_sa = {};
        bool peer_unresponsive = false;
        bool inbound_missing = false;
    };
    [[nodiscard]] bool is_in_use(const SessionRunner* one) const {
        return in_use_ && in_use_->runner.get() == one;
    }
    std::unique_ptr<SessionRunner> runner(ike::session::Session session);
    void handle(SessionRunner& from, ike::session::Event event);
    void on_in_use(ike::session::Event& event);
    void on_replacement(ike::session::Event& event);
    void closed(const SessionRunner* ended, const ike::session::Failure& failure);

    Scheduler& loop_;
    IkeSessionEvents events_;
    std::optional<InUse> in_use_;
    std::optional<Replacement> replacement_;
    std::vector<std::unique_ptr<SessionRunner>> closing_;
    Timer close_timer_;
    SessionHistory& history_;  // of the sessions before the one in use
    Later later_;
};

}  // namespace agent
