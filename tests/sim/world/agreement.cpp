// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world/world.hpp"

#include <algorithm>

// Whether both ends are of one mind.
namespace sim {

using namespace ike;

namespace {

std::string child_difference(const Plane& plane, const gateway::Association& client,
                             std::size_t policies) {
    const auto ours = plane.installed();
    if (ours.size() != client.children.size()) {
        return std::to_string(ours.size()) + " Child SAs here, " +
               std::to_string(client.children.size()) + " at the gateway";
    }
    for (const Plane::Sa* sa : ours) {
        const auto theirs =
            std::ranges::find(client.children, sa->inbound, &gateway::Child::outbound);
        if (theirs == client.children.end() || theirs->inbound != sa->outbound) {
            return "Child SA " + text(sa->inbound) + " is not the gateway's";
        }
        if (fingerprint(theirs->key_out, {}) != sa->key_in ||
            fingerprint(theirs->key_in, {}) != sa->key_out) {
            return "the keys of Child SA " + text(sa->inbound) + " differ";
        }
        if (theirs->peer_selectors != sa->local_selectors ||
            theirs->own_selectors != sa->remote_selectors) {
            return "the selectors of Child SA " + text(sa->inbound) + " differ";
        }
    }
    for (std::size_t policy = 0; policy < policies; ++policy) {
        if (plane.sending(policy) == nullptr) {
            return "no Child SA to send by for policy " + std::to_string(policy);
        }
    }
    return "";
}

/// All of ours but the one in the IP header.
bool knows_addresses(const gateway::Association& client, std::vector<IpAddress> ours,
                     const Path& path) {
    std::erase(ours, path.local.address);
    return client.peer_addresses == ours;
}

}  // namespace

std::string World::difference() {
    if (!connected()) {
        return "not connected";
    }
    const gateway::Association* client = gateway_.client();
    if (client == nullptr) {
        return "the gateway has no such client";
    }
    if (!gateway_.idle() || network_.next_arrival()) {
        return "still at it";
    }
    if (plane_.waits_until()) {
        return "data waits";
    }
    const gateway::IkeSpiPair& theirs = gateway_.ike_sa()->spis;
    if (guard_.spis() != session::IkeSpis{theirs.initiator, theirs.responder}) {
        return "the IKE SPIs differ";
    }
    const Path& path = *plane_.path();
    const Ends seen = network_.outside(path.interface, {path.local, path.remote}, now_);
    if (client->esp != gateway::AddressPair{.local = seen.to, .remote = seen.from}) {
        return "the gateway sends to " + client->esp.remote.text() + ", and we are at " +
               seen.from.text();
    }
    if (announced_ && client->mobike && !knows_addresses(*client, *announced_, path)) {
        return "the gateway does not know all our addresses";
    }
    return child_difference(plane_, *client, policies_);
}

bool World::settle(Duration limit) {
    return run_until([this] { return difference().empty(); }, limit);
}

}  // namespace sim
