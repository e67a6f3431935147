// SPDX-License-Identifier: Apache-2.0
#include "ike/session/liveness/peer_liveness.hpp"

#include <algorithm>
#include <utility>

namespace ike::session {

using namespace std::chrono_literals;

namespace {

constexpr unsigned silence_begins = 3;    // transmissions without an answer, about 1.5 s
constexpr Duration resume_patience = 5s;  // Wi-Fi that is up may take a while to carry

}  // namespace

bool PeerLiveness::on_authentic(Instant now) {
    last_heard_ = now;
    resumed_ = false;
    give_up_at_.reset();
    return std::exchange(unresponsive_, false);
}

void PeerLiveness::on_inbound(Instant when) {
    last_heard_ = std::max(last_heard_, when);
}

std::optional<Instant> PeerLiveness::next_request_due() const {
    return interval_ > Duration::zero() ? std::optional(last_heard_ + interval_) : std::nullopt;
}

bool PeerLiveness::is_silence(unsigned transmissions) {
    return transmissions >= silence_begins;
}

void PeerLiveness::begin_patience(Instant now) {
    give_up_at_ = now + resume_patience;
}

}  // namespace ike::session
