// SPDX-License-Identifier: Apache-2.0
#include "ike/base/overloaded.hpp"
#include "ike/session/core.hpp"

#include <utility>

namespace ike::session {

bool Session::Core::begin_child_care(Instant now) {
    if (auto deletion = children_->next_deletion(now)) {
        begin(ike(), *std::move(deletion), now);
        return true;
    }
    return now >= refusals_.not_before() && begin_rekey(now);
}

EspPath Session::Core::esp_path() const {
    return {mobike_.esp(), udp_encapsulated()};
}

void Session::Core::rekey_child(ChildSpi inbound, Instant now) {
    if (phase_ == Phase::established) {
        children_->rekey_now(inbound, now);
        pump(now);
    }
}

void Session::Core::on_child_outcome(ChildSas::Outcome outcome, Instant now) {
    emit_all(std::move(outcome.events));
    std::visit(
        Overloaded{[](std::monostate) {}, [&](ChildSas::Outcome::Granted) { on_rekey_granted(); },
                   [&](Request& again) { begin(ike(), std::move(again), now); },
                   [&](const ChildSas::Outcome::Refused& refused) {
                       on_rekey_refused(refused.notify, now);
                   },
                   [&](Failure& failure) { begin_closing(std::move(failure), now); },
                   [&](crypto::CryptoError error) { fail(error); }},
        outcome.next);
}

}  // namespace ike::session
