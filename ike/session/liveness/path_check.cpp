// SPDX-License-Identifier: Apache-2.0
#include "ike/session/liveness/path_check.hpp"

#include <algorithm>
#include <utility>

namespace ike::session {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t max_standbys = 8;
constexpr Duration longest_fast_interval = 400ms;  // then ordinary retransmissions go on
constexpr Duration first_backoff =
    1s;  // after a check for nothing, as with a stream in one direction
constexpr Duration longest_backoff = 10s;

}  // namespace

void PathCheck::set_standbys(std::vector<AddressPair> others) {
    others.resize(std::min(others.size(), max_standbys));
    standbys_ = std::move(others);
}

/// Paths are told apart by addresses: the gateway may answer from another port.
const AddressPair* PathCheck::standby_at(const Path& path) const {
    const auto found = std::ranges::find(standbys_, addresses_of(path));
    return found == standbys_.end() ? nullptr : &*found;
}

void PathCheck::begin(Instant now, Duration late, bool no_inbound) {
    check_ = Check{.since = now,
                   .again = now + late,
                   .interval = late,
                   .no_inbound = no_inbound,
                   .answered = {}};
}

void PathCheck::begin_new_path(Instant now, Duration late) {
    if (!check_) {
        check_ = Check{
            .since = now, .again = now + late, .interval = late, .new_path = true, .answered = {}};
    }
}

bool PathCheck::on_retransmission(Instant now, Duration first_interval, bool may_check) {
    if (may_check && may_replace() && !standbys_.empty()) {
        check_ = Check{.since = now - first_interval, .again = {}, .answered = {}};
    }
    return running();
}

std::optional<Instant> PathCheck::next_deadline(Duration patience) const {
    if (!check_) {
        return std::nullopt;
    }
    return check_->answered ? std::optional(check_->since + patience) : check_->again;
}

PathCheck::Step PathCheck::on_timer(Instant now, Duration patience, bool waiting) {
    const auto due = next_deadline(patience);
    if (!due || now < *due) {
        return {};
    }
    if (check_->answered) {
        const Check check = *std::exchange(check_, std::nullopt);
        const AddressPair* to = standby_at(*check.answered);
        return to != nullptr ? Step(FailOver{*to, now - check.since}) : Step();  // it may be gone
    }
    if (!waiting) {
        check_.reset();
        return {};
    }
    check_->interval = check_->interval * 3 / 2;
    check_->again = now + check_->interval;
    if (check_->interval > longest_fast_interval) {
        check_->again.reset();
    }
    return Repeat{.ask_standbys = !check_->new_path};
}

bool PathCheck::on_authentic(const Heard& heard, Instant now) {
    if (!check_) {
        return false;
    }
    if (check_->new_path && heard.response && same_way(heard.by, heard.requests)) {
        check_.reset();  // nothing was wrong, so no backoff follows
        return false;
    }
    if (check_->new_path && (!heard.response || heard.can_go_back)) {
        return false;  // it says nothing of the new path
    }
    if (same_way(heard.by, heard.current)) {
        const bool no_inbound = check_->no_inbound;
        path_carries(now);
        return no_inbound;
    }
    if (heard.response && heard.on_sa_in_use && !check_->answered) {
        if (standby_at(heard.by) != nullptr) {
            check_->answered = heard.by;
            check_->answer = *heard.response;
        } else {
            check_.reset();
        }
    }
    return false;
}

bool PathCheck::is_late_copy(const Heard& heard) const {
    return undecided() && heard.on_sa_in_use && heard.response == check_->answer &&
           same_way(heard.by, heard.current);
}

void PathCheck::path_carries(Instant now) {
    if (std::exchange(check_, std::nullopt)) {
        backoff_ = std::clamp<Duration>(backoff_ * 2, first_backoff, longest_backoff);
        not_before_ = now + backoff_;
    }
}

void PathCheck::on_inbound(Instant when) {
    if (!check_) {
        backoff_ = {};
    } else if (!check_->new_path && when > check_->since) {
        path_carries(when);
    }
}

void PathCheck::allow_from(Instant when) {
    not_before_ = std::min(not_before_, when);
}

}  // namespace ike::session
