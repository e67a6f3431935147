// SPDX-License-Identifier: Apache-2.0
#include "ike/session/core.hpp"
#include "ike/session/exchange/no_nats_allowed.hpp"
#include "ike/session/mobike/gateway_addresses.hpp"

#include <algorithm>
#include <iterator>

namespace ike::session {

using wire::ExchangeType;

/// Takes note of what is reached by the tunnel only: no address in there is one of the gateway's.
void Session::Core::note_inside(const AssignedConfig& assigned) {
    inside_.clear();
    const auto add = [this](const Prefix& prefix) {
        inside_.push_back(wire::TrafficSelector::from(prefix));
    };
    std::ranges::for_each(assigned.addresses, add);
    std::ranges::for_each(assigned.subnets, add);
    for (const IpAddress& server : assigned.dns) {
        add(Prefix::host(server));
    }
}

/// RFC 4555 3.4, 3.6: the set is replaced as a whole. It belongs to the session, not to an IKE SA.
void Session::Core::take_gateway_addresses(std::span<const wire::Payload> payloads,
                                           const IpAddress& sender) {
    const auto announced = announced_addresses(payloads, sender);
    if (!announced || !mobike_.supported) {
        return;
    }
    std::vector<wire::TrafficSelector> inside = inside_;
    for (const PolicySlot& slot : slots_) {
        std::ranges::copy(slot.remote_selectors, std::back_inserter(inside));
    }
    auto addresses = outer_addresses(*announced, inside, sender);
    if (addresses != gateway_addresses_) {
        gateway_addresses_ = std::move(addresses);
        emit(GatewayAddresses{gateway_addresses_});
    }
}

/// Our own addresses, to be told to the gateway from now on; not at once, for a move that follows
/// from the same change tells them, too.
void Session::Core::announce(std::vector<IpAddress> ours) {
    ours.resize(std::min(ours.size(), max_additional_addresses));
    if (ours == announced_) {
        return;
    }
    announced_ = std::move(ours);
    pending_announcement_ = true;
}

Session::Core::Payloads Session::Core::address_payloads() const {
    return announced_ ? announcement(*announced_, mobike_.current.local.address) : Payloads{};
}

/// RFC 4555 3.4: IKE_AUTH has additional addresses or nothing.
Session::Core::Payloads Session::Core::first_address_payloads() const {
    Payloads payloads = announced_ ? announcement(*announced_, addresses_.local) : Payloads{};
    if (wire::find_notify(payloads, wire::NotifyType::no_additional_addresses) != nullptr) {
        payloads.clear();
    }
    return payloads;
}

void Session::Core::begin_announcement(Instant now) {
    pending_announcement_ = false;
    Payloads payloads = address_payloads();
    forbid_nat(payloads);
    begin(*ike_, ExchangeType::informational, std::move(payloads), AnnounceAddresses{}, now);
}

void Session::Core::on_announcement_response(const AnnounceAddresses& announcement,
                                             std::span<const wire::Payload> payloads) {
    // By an IKE SA that was left it may have overtaken a newer one.
    const bool refused =
        wire::find_notify(payloads, wire::NotifyType::unexpected_nat_detected) != nullptr;
    const bool again = announcement.stale || (refused && tries_again("our addresses"));
    pending_announcement_ = pending_announcement_ || again;
    if (ike_successor_) {
        ike_successor_->announced = true;
    }
}

}  // namespace ike::session
