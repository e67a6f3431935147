// SPDX-License-Identifier: Apache-2.0
#include "ike/base/overloaded.hpp"
#include "ike/session/core.hpp"
#include "ike/session/exchange/nat_detection.hpp"

#include <algorithm>
#include <iterator>

namespace ike::session {

using wire::ExchangeType;
using wire::NotifyPayload;
using wire::NotifyType;

using namespace std::chrono_literals;

namespace {

// Longer than strongSwan's kernel goes without the policies that it puts anew for an update: until
// then it throws away what comes in. Its answer may take a round trip, which is not waited for.
constexpr Duration gateway_follows = 20ms;
constexpr Duration gateway_answers = 150ms;  // where the answer is needed

}  // namespace

Path Session::Core::path_to(const AddressPair& addresses) const {
    return {addresses.interface,
            {addresses.local, nat_t_ ? config_.ports.nat_t : config_.ports.ike},
            {addresses.remote, nat_t_ ? nat_t_port : ike_port}};
}

/// RFC 7296 2.23: ESP goes in UDP where there is a NAT, or where we always want it so.
bool Session::Core::udp_encapsulated() const {
    return config_.force_udp_encapsulation || mobike_.claims_nat || mobike_.nat.local ||
           mobike_.nat.remote;
}

/// RFC 7296 2.23: who says that there is a NAT has both sides put ESP into UDP.
ClaimNat Session::Core::claim_for(const Path& path) const {
    const bool claims =
        config_.force_udp_encapsulation || experience_.wants_udp(addresses_of(path));
    return claims ? ClaimNat::yes : ClaimNat::no;
}

void Session::Core::move(const AddressPair& addresses, MoveKind kind, Instant now) {
    if (phase_ == Phase::idle || phase_ == Phase::closed) {
        return;
    }
    if (phase_ != Phase::established) {
        reconnect_by(addresses, kind, now);
        return;
    }
    addresses_ = addresses;
    mobike_.update_at_once();
    rescue_.reset();
    const bool resumed = output_.resume();
    const bool forced = resumed || kind == MoveKind::forced;
    const Path path = path_to(addresses);
    if (path == mobike_.requests() && !resumed && !(forced && mobike_.can_go_back())) {
        return;  // there already, or on the way
    }
    if (!mobike_.supported && path != mobike_.current) {
        if (forced) {
            finish({Reason::gateway_without_mobike, "the path changed to " + path.text()});
        }
        return;
    }
    if (forced && path == mobike_.current && mobike_.esp_waits_until) {
        esp_follows();
    } else if (!forced || path == mobike_.current) {
        stay_behind(now);
    }
    mobike_.left.reset();  // nobody says any more whether it lives
    if (forced) {
        move_at_once(path, resumed, now);
    } else {
        test(path);
    }
    // RFC 4555 3.5: requests in flight go on over the new addresses first.
    resend_outstanding(now);
    pump(now);
    repeat_soon(now);
    doubt_woken(now);
}

void Session::Core::move_at_once(const Path& path, bool resumed, Instant now) {
    mobike_.candidate.reset();
    mobike_.pending_update = mobike_.supported;
    if (path != mobike_.current || resumed) {
        switch_path(path, now);
    }
}

void Session::Core::test(const Path& path) {
    if (path == mobike_.current) {  // back again
        mobike_.candidate.reset();
        mobike_.pending_update = true;
    } else {
        mobike_.candidate = path;
    }
}

/// There is no IKE SA to move yet: a lost path starts over by the new one, a better one waits.
void Session::Core::reconnect_by(const AddressPair& addresses, MoveKind kind, Instant now) {
    if (kind == MoveKind::forced || output_.on_hold()) {
        addresses_ = addresses;
        better_.reset();
        initiate(now);
    } else {
        better_ = addresses;
    }
}

void Session::Core::hold(Instant) {
    if (phase_ == Phase::idle || phase_ == Phase::closed) {
        return;
    }
    output_.hold();
    rescue_.reset();
    peer_.end_patience();
    better_.reset();
    mobike_.candidate.reset();
    mobike_.overtaking.reset();
    mobike_.esp_waits_until.reset();
    mobike_.left.reset();
    if (attempt_) {
        attempt_->freeze();
    }
    if (!ike_sas_) {
        return;
    }
    for (IkeSa& sa : ike_sas_->all()) {
        outdate_update(sa);  // its answer may be on its way in, and moves nothing
        sa.window.freeze();
    }
}

void Session::Core::resend_outstanding(Instant now) {
    round_trip_.on_request(now);
    for (IkeSa& sa : ike_sas_->all()) {
        if (sa.window.waiting()) {
            outdate_update(sa);
            note_sent_again(sa);
            sa.window.restart(now, config_.retransmission, env_.random);
            output_.send(mobike_.requests(), sa.window.request(), Transmit::Purpose::exchange, now);
        }
    }
}

/// Which addresses the gateway takes from it is not known any more: another one has to follow.
void Session::Core::outdate_update(IkeSa& sa) {
    if (auto* update = std::get_if<UpdateAddresses>(&sa.in_flight)) {
        update->stale = true;
        mobike_.pending_update = true;
    }
    // RFC 4555 3.6: from another source address it means something else, so it is said anew.
    if (auto* announcement = std::get_if<AnnounceAddresses>(&sa.in_flight)) {
        announcement->stale = true;
        additional_.tell_again();
    }
}

/// RFC 4555 3.10, 3.12: an answer proves the path that it came in by and no other. Libreswan
/// answers a test by the new path and by the old one, and the old one may be faster: the test goes
/// on until its answer comes by the tested path, or has not come for all its retransmissions.
bool Session::Core::stays_open(const IkeSa& sa, const Path& path) const {
    return sa.is_in_flight<TestPath>() && mobike_.candidate && !same_way(path, *mobike_.candidate);
}

/// RFC 4555 3.10: an answer proves the path that it came in by. From here on data waits: first for
/// what is under way by the old path, which it would overtake (a gateway takes that for replays, or
/// follows the addresses of ESP back), then for the gateway to follow.
/// `took` is how long that answer took, if that is known.
void Session::Core::take_if_proved(const Path& path, std::optional<Duration> took, Instant now) {
    if (!mobike_.candidate || !same_way(path, *mobike_.candidate) ||
        !routability_.may_send(path.remote.address)) {
        return;
    }
    const Path proved = *std::exchange(mobike_.candidate, std::nullopt);
    const Duration lead = took ? round_trip_.reorder_margin(*took) : Duration::zero();
    mobike_.overtaking = {proved, now + lead};
    output_.emit(DataWaits{proved, udp_encapsulated(), lead + follows(proved)});
    overtake_due(now);
}

void Session::Core::overtake_due(Instant now) {
    if (mobike_.overtaking && now >= mobike_.overtaking->until) {
        const Path proved = std::exchange(mobike_.overtaking, std::nullopt)->path;
        mobike_.left = mobike_.current;
        mobike_.pending_update = true;
        mobike_.esp_stays = mobike_.esp();
        mobike_.esp_waits_until = now + follows(proved);
        set_current(proved, now);
    }
    if (mobike_.esp_waits_until && now >= *mobike_.esp_waits_until) {
        esp_follows();
    }
}

/// How long the gateway gets. In the other family there may be a NAT or none any more, and a path
/// may want ESP in UDP that the other one does not: a gateway with kernel ESP takes either ESP in
/// UDP or bare, and the answer says which.
Duration Session::Core::follows(const Path& path) const {
    const bool other_family = path.local.address.family() != mobike_.current.local.address.family();
    const bool other_form = claim_for(path) != claim_for(mobike_.current);
    return (other_family && !config_.force_udp_encapsulation) || other_form ? gateway_answers
                                                                            : gateway_follows;
}

/// ESP goes by the path of the IKE SA from now on.
void Session::Core::esp_follows() {
    mobike_.esp_stays.reset();
    mobike_.esp_waits_until.reset();
    output_.emit(PathSwitched{mobike_.current, udp_encapsulated()});
}

/// The better path is not taken after all: data goes on by the one that it went by. The gateway
/// may have heard of it.
void Session::Core::stay_behind(Instant now) {
    const bool told = std::exchange(mobike_.esp_waits_until, std::nullopt).has_value();
    if (told && mobike_.left) {
        set_current(*std::exchange(mobike_.left, std::nullopt), now);
        mobike_.pending_update = true;
        if (mobike_.esp_stays == mobike_.current) {
            mobike_.esp_stays.reset();  // else that one was not checked yet
        }
    }
    if (std::exchange(mobike_.overtaking, std::nullopt) || told) {
        output_.emit(DataGoesOn{});
    }
}

void Session::Core::begin_update(Instant now) {
    mobike_.pending_update = false;
    Payloads payloads{
        NotifyPayload{.type = NotifyType::update_sa_addresses, .data = {}, .spi = {}}};
    // RFC 4555 3.5: with the addresses this very request leaves by, to find NATs on the new path.
    const ClaimNat claim = claim_for(mobike_.current);
    if (nat_t_) {
        std::ranges::move(nat_detection(ike().spis, mobike_.current, claim),
                          std::back_inserter(payloads));
    }
    forbid_nat(payloads);
    std::ranges::move(additional_.take_payloads(mobike_.current.local.address),
                      std::back_inserter(payloads));
    begin(ike(),
          {ExchangeType::informational, std::move(payloads), UpdateAddresses{.claim = claim}}, now);
    repeat_soon(now);
}

void Session::Core::on_update_response(const UpdateAddresses& update,
                                       std::span<const wire::Payload> payloads, Instant now) {
    if (update.stale) {
        additional_.tell_again();  // it may have overtaken a newer one
        return;
    }
    if (const auto* error = wire::find_error(payloads)) {
        if (error->type == NotifyType::unexpected_nat_detected && tries_again("the update")) {
            mobike_.pending_update = true;
            return;
        }
        if (error->type == NotifyType::temporary_failure && mobike_.postpone_update(now)) {
            return;
        }
        if (!encapsulation_refused(update)) {
            go_back(wire::name(error->type), now);
        }
        return;
    }
    mobike_.update_at_once();
    if (ike_sas_->successor()) {
        ike_sas_->successor()->updated = true;
    }
    mapping_.met_none();
    mobike_.left.reset();
    mobike_.claims_nat = nat_t_ && update.claim == ClaimNat::yes;
    mapping_.learn(payloads);
    if (const auto verdict = nat_verdict(payloads, ike().spis, mobike_.current)) {
        mobike_.nat = *verdict;
    }
    if (mobike_.esp_waits_until) {
        esp_follows();
    }
    mobike_.esp_stays.reset();
    output_.emit(PathConfirmed{mobike_.current, mobike_.nat, udp_encapsulated()});
    rekey_after_move(now);
}

/// A gateway that does not go along with ESP in UDP does not refuse the path: it is told of it
/// anew, and the truth this time.
bool Session::Core::encapsulation_refused(const UpdateAddresses& update) {
    if (update.claim == ClaimNat::no || config_.force_udp_encapsulation) {
        return false;
    }
    env_.log.info("the gateway refuses ESP in UDP", {{"path", mobike_.current.text()}});
    experience_.udp_refused(addresses_of(mobike_.current));
    mobike_.pending_update = true;
    return true;
}

/// The gateway can't be had by the new path. Where there is one that lives, that is used on. Once
/// the gateway was told of the new one it has to hear of the change back, too.
void Session::Core::go_back(const std::string& why, Instant now) {
    const Path refused = mobike_.requests();
    if (mobike_.candidate || mobike_.overtaking || mobike_.esp_waits_until) {
        mobike_.candidate.reset();
        stay_behind(now);
    } else if (mobike_.left) {
        switch_path(*std::exchange(mobike_.left, std::nullopt), now);
        mobike_.pending_update = true;
    }
    output_.emit(PathRefused{refused, why});
    if (refused != mobike_.current) {
        resend_outstanding(now);
    }
}

void Session::Core::switch_path(const Path& path, Instant now) {
    const Path esp = mobike_.esp();
    const bool waited =
        std::exchange(mobike_.overtaking, std::nullopt).has_value() || mobike_.esp_waits_until;
    set_current(path, now);
    if (routability_.may_send(path.remote.address)) {
        esp_follows();
        return;
    }
    mobike_.esp_stays = esp;  // RFC 4555 3.5: the IKE SA moves first
    mobike_.esp_waits_until.reset();
    if (waited) {
        output_.emit(DataGoesOn{});
    }
}

void Session::Core::set_current(const Path& path, Instant now) {
    mobike_.current = path;
    mobike_.update_at_once();
    flow_.moved(now);
    mapping_.met_none();
    round_trip_.forget();
}

}  // namespace ike::session
