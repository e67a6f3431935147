// SPDX-License-Identifier: Apache-2.0
#include "ike/session/core.hpp"
#include "ike/session/exchange/no_nats_allowed.hpp"

#include <algorithm>
#include <iterator>

namespace ike::session {

using wire::ExchangeType;

/// RFC 4555 3.4, 3.6: the set is replaced as a whole. It belongs to the session, not to an IKE SA.
void Session::Core::take_gateway_addresses(std::span<const wire::Payload> payloads,
                                           const IpAddress& sender) {
    if (!mobike_.supported) {
        return;
    }
    if (auto addresses =
            additional_.on_peer_payloads(payloads, sender, children_->remote_selectors())) {
        output_.emit(GatewayAddresses{*std::move(addresses)});
    }
}

void Session::Core::begin_announcement(Instant now) {
    Payloads payloads = additional_.take_payloads(mobike_.current.local.address);
    forbid_nat(payloads);
    begin(ike(), {ExchangeType::informational, std::move(payloads), AnnounceAddresses{}}, now);
}

void Session::Core::on_announcement_response(const AnnounceAddresses& announcement,
                                             std::span<const wire::Payload> payloads) {
    // By an IKE SA that was left it may have overtaken a newer one.
    const bool refused =
        wire::find_notify(payloads, wire::NotifyType::unexpected_nat_detected) != nullptr;
    if (announcement.stale || (refused && tries_again("our addresses"))) {
        additional_.tell_again();
    }
    if (ike_sas_->successor()) {
        ike_sas_->successor()->announced = true;
    }
}

}  // namespace ike::session
