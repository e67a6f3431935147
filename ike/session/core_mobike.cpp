// SPDX-License-Identifier: Apache-2.0
#include "ike/session/core.hpp"
#include "ike/session/exchange/nat_detection.hpp"
#include "ike/session/exchange/no_nats_allowed.hpp"

namespace ike::session {

/// Of an authentic message. MOBIKE_SUPPORTED has its place in IKE_AUTH, when we sent it there, too
/// (RFC 4555 3.1).
void Session::Core::count_received(std::span<const wire::Payload> payloads) {
    const std::uint64_t before = counters_.mobike_supported_received;
    counters_.count_received(payloads);
    if (phase_ != Phase::connecting || !config_.mobike) {
        counters_.mobike_supported_ignored += counters_.mobike_supported_received - before;
    }
}

/// RFC 4555 3.7: COOKIE2 for a request that moves us, or tests whether that may be.
void Session::Core::challenge(IkeSa& sa, const InFlight& request, Payloads& payloads) {
    sa.challenge.reset();
    const bool update = std::holds_alternative<UpdateAddresses>(request);
    if (update || std::holds_alternative<TestPath>(request)) {
        sa.challenge =
            routability_.challenge(mobike_.requests().remote.address, update, env_.random);
    }
    if (sa.challenge) {
        payloads.push_back(cookie2_of(*sa.challenge));
    }
}

/// RFC 4555 3.7: an answer with another COOKIE2 than we sent, or without, ends the IKE SA, be it
/// stale or not.
bool Session::Core::passes_challenge(IkeSa& sa, std::span<const wire::Payload> payloads,
                                     Instant now) {
    const auto challenge = std::exchange(sa.challenge, std::nullopt);
    if (!challenge) {
        return true;
    }
    if (!challenge->met_by(payloads)) {
        ++counters_.cookie2_mismatch;
        begin_closing({Reason::return_routability_failed, "the gateway's answer by " +
                                                              mobike_.requests().text() +
                                                              " does not bring back our COOKIE2"},
                      now);
        return false;
    }
    ++counters_.cookie2_match;
    if (!challenge->elsewhere) {
        routability_.passed(challenge->asked);
    }
    const bool waits = output_.on_hold() || mobike_.esp_waits_until;
    if (!waits && mobike_.esp_stays && routability_.may_send(mobike_.current.remote.address)) {
        esp_follows();
    }
    return true;
}

/// RFC 4555 3.9: what may change addresses says from where to where it was sent.
void Session::Core::forbid_nat(Payloads& payloads) const {
    if (!nat_t_ && config_.mobike) {
        const Path& path = mobike_.requests();
        payloads.push_back(no_nats_allowed(path.local, path.remote));
    }
}

/// RFC 4555 3.9: somebody may have changed this one packet; so as often as a request is repeated.
bool Session::Core::tries_again(const std::string& what) {
    env_.log.info("the gateway sees a NAT, which is not allowed", {{"refused", what}});
    return mapping_.may_ask_again(config_.retransmission.tries);
}

/// Data goes by it, or may soon.
bool Session::Core::is_in_use(const Path& path) const {
    return same_way(path, mobike_.esp()) || same_way(path, mobike_.requests()) ||
           same_way(path, mobike_.current);
}

bool Session::Core::watches_mapping() const {
    return mobike_.supported && nat_t_ && mobike_.nat.local;
}

/// RFC 4555 3.8: behind a NAT, the question whether the gateway lives also asks whether the NAT has
/// changed what it makes of us.
Session::Core::Payloads Session::Core::mapping_question() const {
    if (!watches_mapping() || !mapping_.can_compare()) {
        return {};
    }
    return nat_detection(ike().spis, mobike_.current, claim_for(mobike_.current));
}

void Session::Core::begin_liveness(Instant now) {
    if (watches_mapping() && !mapping_.learned()) {
        begin_update(now);  // it asks the same, and its answer is what later ones are held against
        return;
    }
    begin(ike(), {wire::ExchangeType::informational, mapping_question(), Liveness{}}, now);
}

/// The gateway has answered by the path in use. If data does not flow although it lives, the NAT
/// may be why (RFC 4555 3.8: then the update needs no detection before it).
void Session::Core::on_liveness_response(const Liveness& liveness,
                                         std::span<const wire::Payload> payloads,
                                         const Path& path) {
    if (!watches_mapping() || !same_way(path, mobike_.current)) {
        return;
    }
    if (mapping_.is_changed(payloads, liveness.doubted)) {
        env_.log.info("the NAT may have another mapping for us", {{"path", path.text()}});
        mobike_.pending_update = true;
    }
}

void Session::Core::note_sent_again(IkeSa& sa) {
    if (sa.challenge) {
        sa.challenge->sent_to(mobike_.requests().remote.address);
    }
}

}  // namespace ike::session
