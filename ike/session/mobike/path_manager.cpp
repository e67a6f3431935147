// SPDX-License-Identifier: Apache-2.0
#include "ike/session/mobike/path_manager.hpp"

#include "ike/base/deadline.hpp"
#include "ike/session/exchange/nat_detection.hpp"
#include "ike/session/exchange/no_nats_allowed.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

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
constexpr unsigned most_postponements = 10;  // half a minute in all

}  // namespace

ClaimNat claim_for(const SessionConfig& config, const FlowExperience& experience,
                   const AddressPair& addresses) {
    const bool claims = config.force_udp_encapsulation || experience.wants_udp(addresses);
    return claims ? ClaimNat::yes : ClaimNat::no;
}

PathManager::PathManager(const SessionConfig& config, const FlowExperience& experience,
                         const Path& path, const std::optional<NatVerdict>& nat, bool supported)
    : config_(config),
      experience_(experience),
      routability_(config.return_routability),
      supported_(supported),
      nat_t_(nat.has_value()),
      nat_(nat.value_or(NatVerdict{})),
      claims_nat_(nat_t_ && claim(path) == ClaimNat::yes),
      current_(path) {
    routability_.passed(path.remote.address);  // its AUTH signs our IKE_SA_INIT
}

Path PathManager::path_to(const AddressPair& addresses) const {
    return {addresses.interface,
            {addresses.local, nat_t_ ? config_.ports.nat_t : config_.ports.ike},
            {addresses.remote, nat_t_ ? nat_t_port : ike_port}};
}

bool PathManager::lives(const Path& path) const {
    return path == current_ || path == candidate_ || path == left_ ||
           (waiting_ && path == waiting_->path);
}

bool PathManager::is_in_use(const Path& path) const {
    return same_way(path, esp()) || same_way(path, requests()) || same_way(path, current_);
}

bool PathManager::udp_encapsulated() const {
    return config_.force_udp_encapsulation || claims_nat_ || nat_.local || nat_.remote;
}

bool PathManager::keeps_mapping() const {
    const bool filtered = claims_nat_ && !config_.force_udp_encapsulation;
    return config_.nat_keepalive > Duration::zero() && (nat_.local || filtered);
}

std::vector<wire::Payload> PathManager::nat_detection_payloads(const IkeSpis& spis) const {
    return nat_detection(spis, current_, claim(current_));
}

void PathManager::forbid_nat(std::vector<wire::Payload>& payloads) const {
    if (!nat_t_ && config_.mobike) {
        payloads.emplace_back(no_nats_allowed(requests().local, requests().remote));
    }
}

PathManager::Verdict PathManager::move(const AddressPair& addresses, bool forced, bool resumed,
                                       Outcome& outcome) {
    update_at_once();
    const Path path = path_to(addresses);
    if (path == requests() && !resumed && !(forced && can_go_back())) {
        return Verdict::stays;  // there already, or on the way
    }
    if (!supported_ && path != current_) {
        return forced ? Verdict::without_mobike : Verdict::stays;
    }
    if (forced && path == current_ && esp_waits_until_) {
        esp_follows(outcome);
    } else if (!forced || path == current_) {
        stay_behind(outcome);
    }
    left_.reset();  // nobody says any more whether it lives
    if (forced) {
        candidate_.reset();
        update_.wanted = supported_;
        if (path != current_ || resumed) {
            switch_to(path, outcome);
        }
    } else if (path == current_) {  // back again
        candidate_.reset();
        update_.wanted = true;
    } else {
        candidate_ = path;
    }
    // RFC 4555 3.5: requests in flight go on over the new addresses first.
    outcome.resend = true;
    return Verdict::moved;
}

void PathManager::hold() {
    candidate_.reset();
    waiting_.reset();
    esp_waits_until_.reset();
    left_.reset();
}

PathManager::Outcome PathManager::fail_over(const AddressPair& addresses, Duration asked) {
    Outcome outcome;
    const Path path = path_to(addresses);
    left_.reset();
    candidate_.reset();
    update_.wanted = true;
    outcome.events.emplace_back(PathDied{current_, path, asked});
    switch_to(path, outcome);
    return outcome;
}

PathManager::Outcome PathManager::abandon_test() {
    Outcome outcome;
    candidate_.reset();
    stay_behind(outcome);
    return outcome;
}

PathManager::Outcome PathManager::go_back(const std::string& why) {
    Outcome outcome;
    const Path refused = requests();
    if (candidate_ || waiting_ || esp_waits_until_) {
        candidate_.reset();
        stay_behind(outcome);
    } else if (left_) {
        switch_to(*std::exchange(left_, std::nullopt), outcome);
        update_.wanted = true;
    }
    outcome.events.emplace_back(PathRefused{refused, why});
    outcome.resend = refused != current_;
    return outcome;
}

std::optional<Instant> PathManager::test_due() const {
    return candidate_ ? std::optional(Instant{}) : std::nullopt;
}

std::optional<Request> PathManager::next_test(Instant) const {
    return candidate_ ? std::optional(Request{ExchangeType::informational, {}, TestPath{}})
                      : std::nullopt;
}

bool PathManager::stays_open(const InFlight& request, const Path& answered_by) const {
    return std::holds_alternative<TestPath>(request) && candidate_ &&
           !same_way(answered_by, *candidate_);
}

PathManager::Outcome PathManager::on_answer_by(const Path& path, Duration margin, Instant now) {
    Outcome outcome;
    if (!candidate_ || !same_way(path, *candidate_) ||
        !routability_.may_send(path.remote.address)) {
        return outcome;
    }
    const Path proved = *std::exchange(candidate_, std::nullopt);
    waiting_ = {proved, now + margin};
    outcome.events.emplace_back(
        DataWaits{proved, udp_encapsulated(), margin + time_to_follow(proved)});
    switch_if_due(now, outcome);
    return outcome;
}

std::optional<Instant> PathManager::next_deadline() const {
    return earlier(waiting_ ? std::optional(waiting_->until) : std::nullopt, esp_waits_until_);
}

PathManager::Outcome PathManager::on_timer(Instant now) {
    Outcome outcome;
    switch_if_due(now, outcome);
    return outcome;
}

/// UPDATE_SA_ADDRESSES leaves now, and ESP when the gateway has followed. Told earlier, a gateway
/// that follows the addresses of ESP (RFC 7296 2.23) would be moved back by each packet that still
/// takes the old path.
void PathManager::switch_if_due(Instant now, Outcome& outcome) {
    if (waiting_ && now >= waiting_->until) {
        const Path proved = std::exchange(waiting_, std::nullopt)->path;
        left_ = current_;
        update_.wanted = true;
        esp_stays_ = esp();
        esp_waits_until_ = now + time_to_follow(proved);
        set_current(proved, outcome);
    }
    if (esp_waits_until_ && now >= *esp_waits_until_) {
        esp_follows(outcome);
    }
}

/// How long the gateway gets. In the other family there may be a NAT or none any more, and a path
/// may want ESP in UDP that the other one does not: a gateway with kernel ESP takes either ESP in
/// UDP or bare, and the answer says which.
Duration PathManager::time_to_follow(const Path& path) const {
    const bool other_family = path.local.address.family() != current_.local.address.family();
    const bool other_form = claim(path) != claim(current_);
    return (other_family && !config_.force_udp_encapsulation) || other_form ? gateway_answers
                                                                            : gateway_follows;
}

/// ESP goes by the path of the IKE SA from now on.
void PathManager::esp_follows(Outcome& outcome) {
    esp_stays_.reset();
    esp_waits_until_.reset();
    outcome.events.emplace_back(PathSwitched{current_, udp_encapsulated()});
}

void PathManager::stay_behind(Outcome& outcome) {
    const bool told = std::exchange(esp_waits_until_, std::nullopt).has_value();
    if (told && left_) {
        set_current(*std::exchange(left_, std::nullopt), outcome);
        update_.wanted = true;
        if (esp_stays_ == current_) {
            esp_stays_.reset();  // else that one was not checked yet
        }
    }
    if (std::exchange(waiting_, std::nullopt) || told) {
        outcome.events.emplace_back(DataGoesOn{});
    }
}

void PathManager::switch_to(const Path& path, Outcome& outcome) {
    const Path stays = esp();
    const bool waited = std::exchange(waiting_, std::nullopt).has_value() || esp_waits_until_;
    set_current(path, outcome);
    if (routability_.may_send(path.remote.address)) {
        esp_follows(outcome);
        return;
    }
    esp_stays_ = stays;  // RFC 4555 3.5: the IKE SA moves first
    esp_waits_until_.reset();
    if (waited) {
        outcome.events.emplace_back(DataGoesOn{});
    }
}

void PathManager::set_current(const Path& path, Outcome& outcome) {
    current_ = path;
    update_at_once();
    outcome.switched = true;
}

std::optional<Instant> PathManager::update_due() const {
    return update_.wanted ? std::optional(update_.from) : std::nullopt;
}

std::optional<Request> PathManager::next_update(Instant now, const IkeSpis& spis) {
    const auto due = update_due();
    return due && now >= *due ? std::optional(update(spis)) : std::nullopt;
}

Request PathManager::update(const IkeSpis& spis) {
    update_.wanted = false;
    std::vector<wire::Payload> payloads{
        NotifyPayload{.type = NotifyType::update_sa_addresses, .data = {}, .spi = {}}};
    // RFC 4555 3.5: with the addresses this very request leaves by, to find NATs on the new path.
    if (nat_t_) {
        std::ranges::move(nat_detection_payloads(spis), std::back_inserter(payloads));
    }
    forbid_nat(payloads);
    return {ExchangeType::informational, std::move(payloads),
            UpdateAddresses{.claim = claim(current_)}};
}

PathManager::Outcome PathManager::on_updated(const UpdateAddresses& update,
                                             std::span<const wire::Payload> payloads,
                                             const IkeSpis& spis) {
    Outcome outcome;
    update_at_once();
    left_.reset();
    claims_nat_ = nat_t_ && update.claim == ClaimNat::yes;
    if (const auto verdict = nat_verdict(payloads, spis, current_)) {
        nat_ = *verdict;
    }
    if (esp_waits_until_) {
        esp_follows(outcome);
    }
    esp_stays_.reset();
    outcome.events.emplace_back(PathConfirmed{current_, nat_, udp_encapsulated()});
    return outcome;
}

PathManager::Outcome PathManager::on_update_refused(const UpdateAddresses& update, NotifyType error,
                                                    Instant now) {
    if (error == NotifyType::temporary_failure && postpone_update(now)) {
        return {};
    }
    if (update.claim == ClaimNat::no || config_.force_udp_encapsulation) {
        return go_back(wire::name(error));
    }
    // A gateway that does not go along with ESP in UDP does not refuse the path: it is told of it
    // anew, and the truth this time.
    update_.wanted = true;
    Outcome outcome;
    outcome.udp_refused = true;
    return outcome;
}

/// RFC 7296 2.25: TEMPORARY_FAILURE, so the gateway is told again after a moment that grows up to 4
/// s. False: it has been busy for half a minute.
bool PathManager::postpone_update(Instant now) {
    update_.wanted = update_.postponed < most_postponements;
    update_.from = now + std::min<Duration>(500ms * (1U << std::min(update_.postponed, 3U)), 4s);
    return ++update_.postponed <= most_postponements;
}

void PathManager::update_at_once() {
    update_.from = {};
    update_.postponed = 0;
}

std::optional<Challenge> PathManager::challenge(const InFlight& request,
                                                crypto::Random& random) const {
    const bool update = std::holds_alternative<UpdateAddresses>(request);
    if (!update && !std::holds_alternative<TestPath>(request)) {
        return std::nullopt;
    }
    return routability_.challenge(requests().remote.address, update, random);
}

PathManager::Outcome PathManager::on_challenge_met(const Challenge& challenge, bool on_hold) {
    Outcome outcome;
    if (!challenge.elsewhere) {
        routability_.passed(challenge.asked);
    }
    const bool waits = on_hold || esp_waits_until_;
    if (!waits && esp_stays_ && routability_.may_send(current_.remote.address)) {
        esp_follows(outcome);
    }
    return outcome;
}

}  // namespace ike::session
