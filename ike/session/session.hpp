// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/session/values/address_pair.hpp"
#include "ike/session/values/config.hpp"
#include "ike/session/values/counters.hpp"
#include "ike/session/values/environment.hpp"
#include "ike/session/values/event.hpp"

#include <memory>
#include <optional>

namespace ike::session {

enum class MoveKind : std::uint8_t {
    forced,     // the current path is gone: data moves at once
    preferred,  // it still lives: data stays on it until the new one has passed a test
};

/// One IKE SA as original initiator, with its Child SA, through all its rekeys (RFC 7296, 4555).
/// Does no I/O and reads no clock: bytes, time and "use this path" in; datagrams, events and one
/// deadline out. After any input drain poll_transmit(), then poll_event(), then re-arm a timer from
/// next_deadline(). After Closed it does nothing more.
class Session {
  public:
    Session(SessionConfig config, Environment environment);
    ~Session();
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;

    void start(const AddressPair& addresses, Instant now);
    /// A datagram from one of our sockets, the non-ESP marker taken off. `path` is the way it came:
    /// our endpoint is `local`, the sender `remote`.
    void receive(ByteView datagram, const Path& path, Instant now);
    void tick(Instant now);

    /// The path to use from now on changed.
    void move(const AddressPair& addresses, MoveKind kind, Instant now);
    /// There is no path at all: nothing is sent and nobody given up until move() names one.
    void hold(Instant now);

    /// Other ways to the gateway, best first; by these it is asked when the path is in doubt. Each
    /// call replaces them all; the path in use may be among them.
    void standby(std::vector<AddressPair> others);
    /// The data plane sends and nothing comes in: is the path dead?
    void doubt_path(Instant now);
    /// The machine has slept: is the gateway still there? Ends soon if it is not.
    void wake(Instant now);

    /// Tells the gateway all our addresses now and whenever they change, instead of the one in use
    /// only. Before start(), so that the first ones come with IKE_AUTH; before a move() that has
    /// the same reason, so that one message does.
    void announce(std::vector<IpAddress> ours);

    /// The data plane decrypted something since the last call: the gateway lives (RFC 7296 2.4).
    /// A packet that came by another path than data goes by counts for nothing.
    void note_inbound_traffic(Instant when, const std::optional<Path>& path = std::nullopt);
    /// A packet came in on this Child SA: the gateway sends by it, so we may too. `path` as above.
    void note_inbound_on(ChildSpi inbound, Instant when,
                         const std::optional<Path>& path = std::nullopt);

    void rekey_child(ChildSpi inbound, Instant now);
    void rekey_ike(Instant now);
    /// Tells the gateway; Closed follows when it answered or after a short while.
    void close(Instant now);

    std::optional<Transmit> poll_transmit();
    std::optional<Event> poll_event();
    [[nodiscard]] std::optional<Instant> next_deadline() const;
    /// A request of ours is unanswered, and its answer is waited for.
    [[nodiscard]] bool busy() const;
    /// When the gateway last proved to be there: an authentic IKE message that is no repetition, or
    /// inbound traffic that was noted. By a path that was left only answers count. Before Connected
    /// it means nothing.
    [[nodiscard]] Instant last_heard() const;
    /// Since the beginning, over all its IKE SAs.
    [[nodiscard]] const MobikeCounters& counters() const;
    /// The experience it was given in SessionConfig with its own: for the session after it.
    [[nodiscard]] const FlowExperience& flow_experience() const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace ike::session
