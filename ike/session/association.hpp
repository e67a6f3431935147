// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/connect/connect_attempt.hpp"
#include "ike/session/lasting.hpp"
#include "ike/session/liveness/round_trip.hpp"
#include "ike/session/mobike/path_manager.hpp"
#include "ike/session/sa/child_sas.hpp"
#include "ike/session/sa/ike_sa_set.hpp"
#include "ike/session/sa/rekey_refusals.hpp"
#include "ike/session/sa/renewal.hpp"

#include <optional>
#include <vector>

namespace ike::session {

/// The IKE SA ends for this reason, at `until` at the latest: its Delete may stay unanswered.
struct Closing {
    Failure why;
    Instant until;
};

/// The parts of a session that has an IKE SA. Each owns its state and knows no other; those who
/// join them (Established and its three helpers) hold nothing but this.
struct Association {
    /// `lasting` outlives this.
    Association(Lasting& lasting, ConnectAttempt::Won& won,
                const IkeAuth::Authenticated& authenticated, Instant now);

    void emit_all(std::vector<Event> events);
    void fail(crypto::CryptoError error);
    /// All is over; the keys go at once. References to IKE SAs stay valid until this is destroyed.
    void finish(Failure why);
    /// By which path to ask the next thing is not known yet. A session that closes does not wait
    /// for that.
    [[nodiscard]] bool undecided() const;
    [[nodiscard]] EspPath esp_path() const { return {paths.esp(), paths.udp_encapsulated()}; }

    Lasting& lasting;
    IkeSaSet ike_sas;
    ChildSas children;
    PathManager paths;
    RoundTrip round_trip;
    RekeyRefusals refusals;
    Renewal renewal;
    std::optional<Closing> closing;
    std::optional<Failure> over;
};

}  // namespace ike::session
