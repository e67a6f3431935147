// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/base/path.hpp"
#include "ike/session/values/address_pair.hpp"

#include <optional>
#include <variant>
#include <vector>

namespace ike::session {

/// Whether the path in use carries (RFC 4555 3.10, 3.12: a request may be sent by several paths to
/// find out which work). The request in flight is repeated soon, by this path and by the standbys.
/// A standby that has answered while the path in use has not for RoundTrip::patience() takes its
/// place. A new path is checked likewise, but alone: it may be flooded or not carry yet.
class PathCheck {
  public:
    /// Other ways to the gateway, best first, a bounded number. The path in use may be among them.
    void set_standbys(std::vector<AddressPair> others);
    [[nodiscard]] const std::vector<AddressPair>& standbys() const { return standbys_; }

    /// Not while the path in use is checked already, nor too soon after a check for nothing.
    [[nodiscard]] bool may_begin(Instant now) const { return may_replace() && now >= not_before_; }
    /// `late`: when the answer is. `no_inbound`: because data goes out and none comes in.
    void begin(Instant now, Duration late, bool no_inbound);
    /// The first request by a new path has left. RFC 7296 2.4 leaves the intervals to us; where
    /// half of all packets are lost, ordinary ones would take seconds.
    void begin_new_path(Instant now, Duration late);
    /// A request was retransmitted by the path in use, which is a reason of its own. True: the
    /// standbys are to be asked.
    bool on_retransmission(Instant now, Duration first_interval, bool may_check);
    void cancel() { check_.reset(); }
    [[nodiscard]] bool running() const { return check_.has_value(); }
    /// A standby has answered. Nothing new is asked until it is known which path to ask by.
    [[nodiscard]] bool undecided() const { return check_ && check_->answered; }

    struct Repeat {
        bool ask_standbys = false;
    };
    struct FailOver {
        AddressPair to;
        Duration asked{};  // since the first question
    };
    using Step = std::variant<std::monostate, Repeat, FailOver>;
    [[nodiscard]] std::optional<Instant> next_deadline(Duration patience) const;
    /// `waiting`: there is a request to repeat.
    Step on_timer(Instant now, Duration patience, bool waiting);

    /// An authentic message that came in, and the paths when it did.
    struct Heard {
        Path by;
        std::optional<MessageId> response;  // of an answer
        bool on_sa_in_use = false;          // the IKE SA
        Path current;
        Path requests;
        bool can_go_back = false;
    };
    /// True: the path carries, and yet no data comes in.
    bool on_authentic(const Heard& heard, Instant now);
    /// One more copy of the answer that came in by a standby; it shows that the path in use
    /// carries.
    [[nodiscard]] bool is_late_copy(const Heard& heard) const;
    void path_carries(Instant now);
    /// Data came in, by the path in use as far as anybody knows.
    void on_inbound(Instant when);
    /// For this there is another reason to check at this time already.
    void allow_from(Instant when);

  private:
    struct Check {
        Instant since;  // when it was asked first
        std::optional<Instant>
            again;            // when to ask by all of them; none: only with retransmissions
        Duration interval{};  // to the next time
        bool no_inbound = false;
        bool new_path = false;         // nothing is wrong: others are not asked yet
        std::optional<Path> answered;  // this one carries; the path in use is given a moment more
        MessageId answer{};            // of that answer, that another copy may come of
    };
    [[nodiscard]] bool may_replace() const { return !check_ || check_->new_path; }
    [[nodiscard]] const AddressPair* standby_at(const Path& path) const;

    std::vector<AddressPair> standbys_;
    std::optional<Check> check_;
    Duration backoff_{};  // after a check that was for nothing
    Instant not_before_{};
};

}  // namespace ike::session
