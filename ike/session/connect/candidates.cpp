// SPDX-License-Identifier: Apache-2.0
#include "ike/session/connect/candidates.hpp"

#include <algorithm>

namespace ike::session {

namespace {

constexpr std::size_t max_fresh = 4;
constexpr std::size_t max_candidates = 16;
constexpr std::size_t max_same_keys = 4;  // answers to IKE_SA_INIT with the same keys

}  // namespace

bool Candidate::fresh() const {
    return !over && (exchange.gateway_proved() || sa.window.transmissions() < fresh_transmissions);
}

bool Candidate::has_keys_of(const IkeSaInit::Agreed& agreed) const {
    return sa.spis == agreed.spis && nr == agreed.nr && peer_value == agreed.peer_value &&
           suite == agreed.suite;
}

void Candidate::add_answer(IkeSaInit::Agreed agreed) {
    const bool repeated =
        std::ranges::find(answers, agreed.response, &InitAnswer::response) != answers.end();
    if (!repeated && answers.size() < max_same_keys) {
        exchange.add_init_response(agreed.response);
        answers.push_back({std::move(agreed.response), agreed.nat, agreed.fragmentation});
    }
}

const Datagrams& Candidate::request(std::size_t largest, MobikeCounters& counters,
                                    crypto::Random& random) {
    const auto turn = (sa.window.transmissions() - 1) % answers.size();
    sa.fragmentation = answers[turn].fragmentation;
    sa.fit_request(largest, counters, random);
    return sa.window.request();
}

Candidate* Candidates::find(const IkeSpis& spis) {
    const auto found = std::ranges::find_if(
        candidates_, [&](const Candidate& each) { return each.sa.spis == spis; });
    return found == candidates_.end() ? nullptr : &*found;
}

Candidate* Candidates::with_keys_of(const IkeSaInit::Agreed& agreed) {
    const auto found = std::ranges::find_if(
        candidates_, [&](const Candidate& each) { return each.has_keys_of(agreed); });
    return found == candidates_.end() ? nullptr : &*found;
}

bool Candidates::has_room() const {
    const auto fresh = std::ranges::count_if(candidates_, &Candidate::fresh);
    return candidates_.size() < max_candidates && fresh < static_cast<std::ptrdiff_t>(max_fresh);
}

Candidate& Candidates::add(Candidate candidate) {
    return candidates_.emplace_back(std::move(candidate));
}

bool Candidates::has_fresh() const {
    return std::ranges::any_of(candidates_, &Candidate::fresh);
}

bool Candidates::has_proved() const {
    return std::ranges::any_of(candidates_, [](const Candidate& each) {
        return !each.over && each.exchange.gateway_proved();
    });
}

void Candidates::leave_all_but(const Candidate& gateway) {
    for (Candidate& candidate : candidates_) {
        candidate.over = candidate.over || &candidate != &gateway;
    }
}

bool Candidates::all_over() const {
    return std::ranges::all_of(candidates_, &Candidate::over);
}

bool Candidates::silent() const {
    return std::ranges::any_of(candidates_, [](const Candidate& each) {
        return each.sa.window.transmissions() >= fresh_transmissions;
    });
}

void Candidates::freeze() {
    for (Candidate& candidate : candidates_) {
        candidate.sa.window.freeze();
    }
}

}  // namespace ike::session
