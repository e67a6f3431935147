// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/network/network.hpp"

#include "ike/base/expects.hpp"

#include <algorithm>

namespace sim {

using namespace ike;

namespace {

bool has_address(const Uplink& uplink, const IpAddress& address) {
    return std::ranges::find(uplink.addresses, address) != uplink.addresses.end();
}

bool fits(const Uplink& uplink, const Packet& packet) {
    return packet.cargo != Cargo::ike || packet.payload.size() <= uplink.largest_ike;
}

}  // namespace

Uplink& Network::add(Uplink uplink) {
    uplinks_.push_back(std::move(uplink));
    return uplinks_.back();
}

Uplink& Network::uplink(InterfaceIndex interface) {
    const auto found = std::ranges::find(uplinks_, interface, &Uplink::interface);
    expects(found != uplinks_.end(), "the simulated client has this interface");
    return *found;
}

bool Network::can_send(InterfaceIndex interface, const IpAddress& source) const {
    const auto found = std::ranges::find(uplinks_, interface, &Uplink::interface);
    return found != uplinks_.end() && found->up && has_address(*found, source);
}

Ends Network::outside(InterfaceIndex interface, const Ends& inside, Instant now) {
    Uplink& out = uplink(interface);
    if (out.nat && inside.from.address.is_ipv4()) {
        return {out.nat->outward(inside.from, now), inside.to};
    }
    return out.nat64 ? out.nat64->outward(inside, now).value_or(inside) : inside;
}

void Network::send_up(InterfaceIndex interface, Packet packet, Instant now) {
    if (!can_send(interface, packet.from.address)) {
        return;  // access networks forward only sources of their own
    }
    const Uplink& out = uplink(interface);
    const Ends ends = outside(interface, {packet.from, packet.to}, now);
    packet.from = ends.from;
    packet.to = ends.to;
    if (out.carries && fits(out, packet) && (packet.in_udp || !out.drops_bare_esp_up)) {
        carry(out.quality, {.to_gateway = true, .interface = interface, .packet = packet}, now);
    }
}

void Network::send_down(Packet packet, Instant now) {
    const auto delivery = routed_down(std::move(packet), now);
    if (!delivery) {
        return;
    }
    const Uplink& in = uplink(delivery->interface);
    if (in.carries && fits(in, delivery->packet) &&
        (delivery->packet.in_udp || !in.drops_bare_esp_down)) {
        carry(uplink(delivery->interface).quality, *delivery, now);
    }
}

void Network::inject_down(Packet packet, Instant now) {
    if (const auto delivery = routed_down(std::move(packet), now)) {
        in_flight_.emplace(now, *delivery);
    }
}

void Network::inject_up(Packet packet, Instant now) {
    in_flight_.emplace(now, Delivery{.to_gateway = true, .interface = {}, .packet = packet});
}

std::optional<Instant> Network::next_arrival() const {
    return in_flight_.empty() ? std::nullopt : std::optional(in_flight_.begin()->first);
}

std::optional<Delivery> Network::next(Instant now) {
    while (!in_flight_.empty() && in_flight_.begin()->first <= now) {
        Delivery delivery = std::move(in_flight_.begin()->second);
        in_flight_.erase(in_flight_.begin());
        if (still_arrives(delivery)) {
            return delivery;
        }
    }
    return std::nullopt;
}

void Network::carry(const Quality& quality, const Delivery& delivery, Instant now) {
    const int copies = dice_.chance(quality.duplication) ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
        const Duration late = dice_.between(Duration::zero(), quality.jitter);
        if (!dice_.chance(quality.loss)) {
            in_flight_.emplace(now + quality.delay + late, delivery);
        }
    }
}

std::optional<Delivery> Network::routed_down(Packet packet, Instant now) {
    for (const Uplink& candidate : uplinks_) {
        std::optional<Endpoint> to;
        const auto translated =
            candidate.nat64 ? candidate.nat64->inward({packet.from, packet.to}, now) : std::nullopt;
        if (translated) {
            packet.from = translated->from;
            to = translated->to;
        } else if (candidate.nat && candidate.nat->outside() == packet.to.address) {
            to = candidate.nat->inward(packet.to, now);
        } else if (has_address(candidate, packet.to.address) &&
                   !(candidate.nat && packet.to.address.is_ipv4())) {
            to = packet.to;
        }
        if (to) {
            packet.to = *to;
            return Delivery{
                .to_gateway = false, .interface = candidate.interface, .packet = packet};
        }
    }
    return std::nullopt;
}

bool Network::still_arrives(const Delivery& delivery) const {
    return delivery.to_gateway || can_send(delivery.interface, delivery.packet.to.address);
}

}  // namespace sim
