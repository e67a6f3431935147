// SPDX-License-Identifier: Apache-2.0
#include "ike/session/liveness/peer_liveness.hpp"

#include "ike/session/liveness/round_trip.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::session;
using namespace std::chrono_literals;

namespace {

constexpr Instant start{1000s};

}  // namespace

TEST_CASE("a gateway is asked after the interval without a sign of life [RFC7296-2.4]") {
    PeerLiveness peer(30s);
    peer.on_authentic(start);
    CHECK(peer.next_request_due() == start + 30s);
    peer.on_inbound(start + 10s);
    CHECK(peer.next_request_due() == start + 40s);
    peer.on_inbound(start + 5s);  // known late
    CHECK(peer.last_heard() == start + 10s);
    CHECK_FALSE(PeerLiveness(Duration::zero()).next_request_due());
}

TEST_CASE("silence and its end are told once each") {
    PeerLiveness peer(30s);
    CHECK_FALSE(PeerLiveness::is_silence(2));
    CHECK(PeerLiveness::is_silence(3));
    CHECK(peer.on_silence());
    CHECK_FALSE(peer.on_silence());
    CHECK(peer.on_authentic(start));
    CHECK_FALSE(peer.on_authentic(start));
}

TEST_CASE("after a sleep the gateway has 5 s to answer, from when there is a path") {
    PeerLiveness peer(30s);
    peer.on_resume();
    CHECK(peer.resumed());
    CHECK_FALSE(peer.give_up_at());
    peer.begin_patience(start);
    CHECK(peer.give_up_at() == start + 5s);
    peer.on_inbound(start + 1s);  // data is no answer
    CHECK(peer.give_up_at());
    peer.on_authentic(start + 1s);
    CHECK_FALSE(peer.give_up_at());
    CHECK_FALSE(peer.resumed());
}

TEST_CASE("waits follow from the measured round trip, within bounds, and are guessed without one") {
    RoundTrip round_trip;
    CHECK(round_trip.late() == 100ms);
    CHECK(round_trip.patience() == 300ms);
    CHECK(round_trip.reorder_margin(20ms) == Duration::zero());
    round_trip.record(60ms);
    CHECK(round_trip.late() == 120ms);
    CHECK(round_trip.patience() == 180ms);
    CHECK(round_trip.reorder_margin(20ms) == 32500us);
    CHECK(round_trip.reorder_margin(200ms) ==
          Duration::zero());  // the slower path overtakes nothing
    round_trip.record(10s);
    CHECK(round_trip.late() == 400ms);
    CHECK(round_trip.patience() == 2s);
    CHECK(round_trip.reorder_margin(20ms) == 150ms);
    round_trip.forget();
    CHECK(round_trip.late() == 100ms);
}

TEST_CASE("a request may be answered yet for two round trips") {
    RoundTrip round_trip;
    round_trip.on_request(start);
    CHECK_FALSE(round_trip.may_be_answered_yet(start));
    round_trip.record(50ms);
    CHECK(round_trip.may_be_answered_yet(start + 99ms));
    CHECK_FALSE(round_trip.may_be_answered_yet(start + 100ms));
}
