// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/laptop/agreement.hpp"

#include "ike/base/log.hpp"

#include <algorithm>

namespace sim {

using namespace ike;

namespace {

std::string child_difference(const EspPlane::Sa& sa, const gateway::Association& client) {
    const auto theirs = std::ranges::find(client.children, sa.inbound, &gateway::Child::outbound);
    if (theirs == client.children.end() || theirs->inbound != sa.outbound) {
        return "Child SA " + text(sa.inbound) + " is not the gateway's";
    }
    if (fingerprint(theirs->key_out, {}) != sa.key_in ||
        fingerprint(theirs->key_in, {}) != sa.key_out) {
        return "the keys of Child SA " + text(sa.inbound) + " differ";
    }
    if (theirs->peer_selectors != sa.local_selectors ||
        theirs->own_selectors != sa.remote_selectors) {
        return "the selectors of Child SA " + text(sa.inbound) + " differ";
    }
    return "";
}

std::string children_difference(const EspPlane& plane, const gateway::Association& client,
                                const agent::TunnelStatus& status) {
    const auto ours = plane.installed();
    if (ours.size() != client.children.size() || ours.size() != status.child_sas.size()) {
        return std::to_string(ours.size()) + " Child SAs in the plane, " +
               std::to_string(status.child_sas.size()) + " in the status, " +
               std::to_string(client.children.size()) + " at the gateway";
    }
    for (const EspPlane::Sa* sa : ours) {
        if (std::ranges::find(status.child_sas, sa->inbound, &agent::ChildSaStatus::inbound) ==
            status.child_sas.end()) {
            return "Child SA " + text(sa->inbound) + " is not in the status";
        }
        if (std::string difference = child_difference(*sa, client); !difference.empty()) {
            return difference;
        }
        if (plane.sending(sa->policy) == nullptr) {
            return "no Child SA to send by for policy " + std::to_string(sa->policy);
        }
    }
    return "";
}

}  // namespace

std::string disagreement(const gateway::Gateway& gateway, const EspPlane& plane,
                         const agent::TunnelStatus& status,
                         const std::function<Ends(const Path&)>& outside) {
    const gateway::Association* client = gateway.client();
    if (client == nullptr) {
        return "the gateway has no such client";
    }
    // Of IKE SAs whose daemon was killed it may ask for ever.
    if (gateway.ike_sa()->outstanding || !client->wishes.empty()) {
        return "the gateway is at it";
    }
    if (plane.waits()) {
        return "data waits";
    }
    const gateway::IkeSpiPair& theirs = gateway.ike_sa()->spis;
    if (status.ike_sa != agent::IkeSaStatus{theirs.initiator, theirs.responder}) {
        return "the IKE SPIs differ";
    }
    if (!plane.path() || !status.path || status.path->local != plane.path()->local ||
        status.path->remote != plane.path()->remote) {
        return "the path in the status is not the one that data goes by";
    }
    const Ends seen = outside(*plane.path());
    if (client->esp != gateway::AddressPair{.local = seen.to, .remote = seen.from}) {
        return "the gateway sends to " + client->esp.remote.text() + ", and we are at " +
               seen.from.text();
    }
    return children_difference(plane, *client, status);
}

}  // namespace sim
