// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/ike_sessions.hpp"

#include <algorithm>
#include <utility>

namespace agent {

using namespace ike::session;

namespace {

constexpr ike::Duration in_flight = std::chrono::seconds(1);  // longer than any round trip

void close_session(Session& session, ike::Instant now) {
    session.close(now);
}

}  // namespace

IkeSessions::IkeSessions(Scheduler& loop, IkeSessionEvents events, SessionHistory& history)
    : loop_(loop),
      events_(std::move(events)),
      close_timer_(loop.timer([this] { close_now(); })),
      history_(history),
      later_(loop) {}

std::unique_ptr<SessionRunner> IkeSessions::runner(Session session) {
    SessionOutlets outlets;
    outlets.send = events_.send;
    outlets.handle = [this](SessionRunner& from, Event event) { handle(from, std::move(event)); };
    outlets.before_tick = events_.before_tick;
    return std::make_unique<SessionRunner>(loop_, std::move(session), std::move(outlets));
}

void IkeSessions::establish(const Connected& connected) {
    in_use_->ike_sa = EstablishedIkeSa{.spis = connected.spis,
                                       .mobike = connected.mobike,
                                       .nat = connected.nat,
                                       .since = loop_.monotonic()};
}

void IkeSessions::close_in_use() {
    feed(close_session);
}

void IkeSessions::forget() {
    if (in_use_) {
        history_.counters += in_use()->counters();
        history_.flow_experience = in_use()->flow_experience();
    }
    in_use_.reset();
}

void IkeSessions::replace_by(Session session, const TakePath& path) {
    auto fresh = runner(std::move(session));
    replacement_ = Replacement{.runner = std::move(fresh), .path = path, .connected = {}};
    replacement_->runner->feed(
        [&](Session& started, ike::Instant now) { started.start(path.addresses, now); });
}

Replacement IkeSessions::use_replacement() {
    Replacement taken = *std::exchange(replacement_, std::nullopt);
    InUse fresh{.runner = std::move(taken.runner)};
    taken.runner = in_use_ ? std::move(in_use_->runner) : nullptr;
    in_use_ = std::move(fresh);
    return taken;
}

std::optional<TakePath> IkeSessions::drop_replacement() {
    if (!replacement_) {
        return std::nullopt;
    }
    Replacement dropped = *std::exchange(replacement_, std::nullopt);
    close(std::move(dropped.runner));
    return std::move(dropped.path);
}

void IkeSessions::close(std::unique_ptr<SessionRunner> runner) {
    history_.counters += runner->session().counters();
    closing_.push_back(std::move(runner));
    closing_.back()->feed(close_session);
}

void IkeSessions::close_after_in_flight(std::unique_ptr<SessionRunner> runner) {
    history_.counters += runner->session().counters();
    closing_.push_back(std::move(runner));
    close_timer_.set(loop_.now() + in_flight);
}

void IkeSessions::close_now() {
    for (std::size_t each = 0; each < closing_.size(); ++each) {  // it may grow meanwhile
        closing_[each]->feed(close_session);
    }
}

void IkeSessions::receive(ike::ByteView datagram, const ike::Path& path) {
    const auto input = [&](Session& session, ike::Instant now) {
        session.receive(datagram, path, now);
    };
    feed(input);
    if (replacement_) {
        replacement_->runner->feed(input);
    }
    for (std::size_t each = 0; each < closing_.size(); ++each) {  // it may grow meanwhile
        closing_[each]->feed(input);
    }
}

void IkeSessions::forget_others() {
    replacement_.reset();
    close_now();
    closing_.clear();
    close_timer_.clear();
}

MobikeCounters IkeSessions::counters() const {
    MobikeCounters all = history_.counters;
    if (in_use_) {
        all += in_use()->counters();
    }
    return all;
}

const FlowExperience& IkeSessions::flow_experience() const {
    return in_use_ ? in_use()->flow_experience() : history_.flow_experience;
}

void IkeSessions::handle(SessionRunner& from, Event event) {
    if (const auto* end = std::get_if<Closed>(&event)) {
        later_.post([this, ended = &from, failure = end->failure] { closed(ended, failure); });
    } else if (is_in_use(&from)) {
        on_in_use(event);
    } else if (replacement_ && &from == replacement_->runner.get()) {
        on_replacement(event);
    }
}

void IkeSessions::on_in_use(Event& event) {
    if (const auto* rekeyed = std::get_if<IkeSaRekeyed>(&event); rekeyed && in_use_->ike_sa) {
        in_use_->ike_sa->spis = rekeyed->spis;
    } else if (const auto* confirmed = std::get_if<PathConfirmed>(&event);
               confirmed && in_use_->ike_sa) {
        in_use_->ike_sa->nat = confirmed->nat;
    } else if (const auto* silent = std::get_if<GatewaySilent>(&event)) {
        in_use_->peer_unresponsive = silent->silent;
    } else if (const auto* data = std::get_if<DataMissing>(&event)) {
        in_use_->inbound_missing = data->missing;
    }
    events_.in_use(event);
}

void IkeSessions::on_replacement(Event& event) {
    if (auto* connected = std::get_if<Connected>(&event)) {
        replacement_->connected = std::move(*connected);
    } else if (auto* up = std::get_if<ChildSaUp>(&event); up && !replacement_->parked) {
        events_.replacement_up(std::move(*up));
    }
}

/// A session that ended may have changed its place since: the replacement may be in use now, and
/// the one in use may be closing.
void IkeSessions::closed(const SessionRunner* ended, const Failure& failure) {
    if (is_in_use(ended)) {
        events_.ended(failure);
    } else if (replacement_ && replacement_->runner.get() == ended) {
        const Replacement failed = *std::exchange(replacement_, std::nullopt);
        if (!failed.parked) {
            history_.counters += failed.runner->session().counters();
            events_.replacement_failed(failed, failure);
        }
    } else {
        std::erase_if(closing_, [&](const auto& each) { return each.get() == ended; });
    }
}

}  // namespace agent
