// SPDX-License-Identifier: Apache-2.0
#include "ike/session/core.hpp"

#include <algorithm>

// A path that looks well and carries nothing: noticed by what is not answered, left for one that
// carries. RFC 4555 3.10 and 3.12: a request may be sent by several paths to find out which work.
namespace ike::session {

namespace {

constexpr std::size_t max_standbys = 8;
constexpr unsigned update_repeats = 3;             // by the path in use, about 1.4 s
constexpr Duration longest_fast_interval = 400ms;  // then ordinary retransmissions go on
constexpr Duration first_calm = 1s;  // after a doubt for nothing, as with a stream in one direction
constexpr Duration longest_calm = 10s;
constexpr Duration least_calm = 100ms;  // where the next remedy is due so soon

}  // namespace

void Session::Core::standby(std::vector<AddressPair> others) {
    others.resize(std::min(others.size(), max_standbys));
    standbys_ = std::move(others);
}

/// The path in use and every other one is told apart by addresses: the gateway may answer from
/// another port.
bool Session::Core::is_standby(const Path& path) const {
    return std::ranges::any_of(standbys_, [&](const AddressPair& pair) {
        return same_way(path, path_to(pair)) && !same_way(path, mobike_.current);
    });
}

bool Session::Core::may_rescue() const {
    return phase_ == Phase::established && !output_.on_hold() && !closing_ &&
           (!rescue_ || rescue_->new_path) && !mobike_.can_go_back();
}

void Session::Core::doubt_path(Instant now) {
    if (!may_rescue() || now < calm_until_) {
        return;
    }
    const Duration late = round_trip_.late();
    rescue_ = Rescue{.since = now,
                     .again = now + late,
                     .interval = late,
                     .silence = !peer_.resumed(),
                     .answered = {}};
    if (ike().window.waiting()) {
        output_.send(mobike_.current, ike().window.request(), Transmit::Purpose::exchange, now);
    } else {
        begin(ike(),
              {wire::ExchangeType::informational, mapping_question(), Liveness{.doubted = true}},
              now);
    }
}

/// The first request by a new path, the test or UPDATE_SA_ADDRESSES: RFC 7296 2.4 leaves the
/// intervals to us. Where half of all packets are lost, ordinary ones would take seconds.
void Session::Core::repeat_soon(Instant now) {
    if (!rescue_ && phase_ == Phase::established && ike().window.waiting()) {
        const Duration late = round_trip_.late();
        rescue_ = Rescue{
            .since = now, .again = now + late, .interval = late, .new_path = true, .answered = {}};
    }
}

/// A retransmission is a doubt of its own.
void Session::Core::doubt_unanswered(Instant now) {
    if (may_rescue() && !standbys_.empty()) {
        rescue_ = Rescue{.since = now - config_.retransmission.first, .again = {}, .answered = {}};
    }
    if (rescue_) {
        ask_standbys(now);
    }
}

void Session::Core::ask_standbys(Instant now) {
    if (!mobike_.supported || is_early(now)) {
        return;
    }
    for (const AddressPair& pair : standbys_) {
        if (const Path path = path_to(pair); !same_way(path, mobike_.current)) {
            outdate_update(ike());  // the gateway may take the addresses of any of them from it
            if (ike().challenge) {
                ike().challenge->sent_to(path.remote.address);
            }
            output_.send(path, ike().window.request(), Transmit::Purpose::exchange, now);
        }
    }
}

/// What tells addresses counts for nothing once it has left by two paths. So on a slow path its
/// answer is waited for, or telling would never end. An update makes the gateway move to wherever
/// it comes from first, and a first packet by a new path is easily lost.
bool Session::Core::is_early(Instant now) const {
    const bool update = ike().is_in_flight<UpdateAddresses>();
    const bool tells = update || ike().is_in_flight<AnnounceAddresses>();
    return (tells && round_trip_.may_be_answered_yet(now)) ||
           (update && ike().window.transmissions() < update_repeats);
}

/// Whether the path was left.
bool Session::Core::rescue_due(Instant now) {
    if (!rescue_) {
        return false;
    }
    if (rescue_->answered) {
        return now >= rescue_->since + round_trip_.patience() && leave_dead_path(now);
    }
    if (!rescue_->again || now < *rescue_->again) {
        return false;
    }
    if (!ike().window.waiting()) {
        rescue_.reset();
        return false;
    }
    if (rescue_->new_path) {
        output_.send(mobike_.requests(), ike().window.request(), Transmit::Purpose::exchange, now);
    } else {
        output_.send(mobike_.current, ike().window.request(), Transmit::Purpose::exchange, now);
        ask_standbys(now);
    }
    rescue_->interval = rescue_->interval * 3 / 2;
    rescue_->again = now + rescue_->interval;
    if (rescue_->interval > longest_fast_interval) {
        rescue_->again.reset();
    }
    return false;
}

/// An authentic message came in by this path. Of an answer, `response` is the ID.
void Session::Core::note_authentic(const IkeSa& sa, const Path& path,
                                   std::optional<MessageId> response, Instant now) {
    if (!rescue_) {
        return;
    }
    if (rescue_->new_path && response && same_way(path, mobike_.requests())) {
        rescue_.reset();  // nothing was in doubt, so no calm follows
        return;
    }
    if (rescue_->new_path && (!response || mobike_.can_go_back())) {
        return;  // it says nothing of the new path
    }
    if (same_way(path, mobike_.current)) {
        const bool silence = rescue_->silence;
        path_lives(now);
        if (silence) {
            remedy_flow(now);
        }
    } else if (response && ike_sas_->is_in_use(sa) && !rescue_->answered) {
        if (is_standby(path)) {
            rescue_->answered = path;
            rescue_->answer = *response;
        } else {
            rescue_.reset();
        }
    }
}

/// Whether this is one more copy of the answer that came in by another path.
bool Session::Core::is_late_copy(const IkeSa& sa, const wire::Header& header,
                                 const Path& path) const {
    return rescue_ && rescue_->answered && header.response && ike_sas_->is_in_use(sa) &&
           header.message_id == rescue_->answer && same_way(path, mobike_.current);
}

void Session::Core::path_lives(Instant now) {
    if (std::exchange(rescue_, std::nullopt)) {
        calm_ = std::clamp<Duration>(calm_ * 2, first_calm, longest_calm);
        calm_until_ = now + calm_;
    }
}

bool Session::Core::leave_dead_path(Instant now) {
    const Rescue rescue = *std::exchange(rescue_, std::nullopt);
    const auto to = std::ranges::find_if(standbys_, [&](const AddressPair& pair) {
        return same_way(path_to(pair), *rescue.answered);
    });
    if (to == standbys_.end()) {
        return false;  // it is gone meanwhile
    }
    addresses_ = *to;
    const Path path = path_to(*to);
    mobike_.left.reset();
    mobike_.candidate.reset();
    mobike_.pending_update = true;
    output_.emit(PathDied{mobike_.current, path, now - rescue.since});
    switch_path(path, now);
    return true;
}

/// RFC 4555 3.12: what comes by another path is no proof that the gateway knows of this one. While
/// data still leaves by the old path, what comes by that proves it, and not the new one.
void Session::Core::note_inbound_traffic(Instant when, const std::optional<Path>& path) {
    const bool proves = path ? same_way(*path, mobike_.current) : !mobike_.esp_stays;
    if (path && !proves && !same_way(*path, mobike_.esp())) {
        return;
    }
    peer_.on_inbound(when);
    if (proves) {
        data_came_in(when);
    }
    if (rescue_ && !rescue_->new_path && when > rescue_->since) {
        path_lives(when);
    } else if (!rescue_) {
        calm_ = {};
    }
}

void Session::Core::data_came_in(Instant when) {
    const bool missed = flow_.is_missed();
    if (flow_.came_in(when)) {
        experience_.rekey_helped();
    }
    experience_.came_in(addresses_of(mobike_.current), udp_encapsulated());
    if (missed) {
        output_.emit(DataMissing{false});
    }
}

/// The path lives, and yet nothing comes in.
void Session::Core::remedy_flow(Instant now) {
    const bool said = flow_.is_missed();
    const FlowState state{.may_encapsulate = may_encapsulate(),
                          .reconnections = experience_.reconnections()};
    const FlowRemedy remedy = flow_.missing(now, state);
    if (flow_.is_missed() && !said) {
        output_.emit(DataMissing{true});
    }
    calm_until_ = std::min(calm_until_, now + std::max(flow_.until_next(state), least_calm));
    if (remedy != FlowRemedy::none) {
        env_.log.info("the gateway answers and no packet comes in",
                      {{"path", mobike_.current.text()}, {"remedy", std::string(name(remedy))}});
    }
    switch (remedy) {
        case FlowRemedy::none:
            return;
        case FlowRemedy::encapsulate:
            experience_.try_udp(addresses_of(mobike_.current));
            mobike_.pending_update = true;
            return;
        case FlowRemedy::update:
            mobike_.pending_update = mobike_.supported;
            return;
        case FlowRemedy::rekey:
            children_->rekey_all(now);
            return;
        case FlowRemedy::succeed:
            reconnected();
            output_.emit(SuccessorWanted{});
            return;
        case FlowRemedy::reconnect:
            begin_closing({Reason::no_data, "the gateway answers, and nothing comes in"}, now);
            return;
    }
}

/// Without MOBIKE only another IKE SA can have its ESP in UDP.
bool Session::Core::may_encapsulate() const {
    return nat_t_ && !udp_encapsulated() && mobike_.supported &&
           experience_.may_try_udp(addresses_of(mobike_.current));
}

/// The next IKE SA goes on from what this one has found out.
void Session::Core::reconnected() {
    const AddressPair path = addresses_of(mobike_.current);
    if (nat_t_ && !udp_encapsulated() && experience_.may_try_udp(path)) {
        experience_.try_udp(path);
    }
    experience_.reconnected(path);
}

/// The gateway is known to go on sending to the old path by the Child SAs that there are.
void Session::Core::rekey_after_move(Instant now) {
    if (experience_.needs_rekey_after_move() && flow_.awaits_first_packet()) {
        env_.log.info("the gateway moves with new Child SAs only, rekeying them", {});
        flow_.rekeyed();
        children_->rekey_all(now);
    }
}

/// After a sleep of any length the gateway may have forgotten us, and NATs have. It is asked at
/// once, by every way there is, and not for long: a new IKE SA takes less time than to find out
/// that it really does not answer.
void Session::Core::wake(Instant now) {
    if (phase_ != Phase::established) {
        return;
    }
    peer_.on_resume();
    calm_until_ = now;
    doubt_woken(now);
}

void Session::Core::doubt_woken(Instant now) {
    if (peer_.resumed() && !output_.on_hold()) {
        peer_.begin_patience(now);
        doubt_path(now);
    }
}

}  // namespace ike::session
