// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world/world.hpp"

// The delivery of a packet that has arrived.
namespace sim {

using namespace ike;

void World::deliver(Delivery delivery) {
    if (delivery.to_gateway) {
        deliver_to_gateway(delivery.packet);
    } else if (delivery.packet.cargo == Cargo::esp) {
        deliver_esp_to_client(delivery);
    } else {
        deliver_to_client(delivery);
    }
}

void World::deliver_to_client(const Delivery& delivery) {
    const Packet& packet = delivery.packet;
    if (trace_.on()) {
        trace_.add("<- " + describe(packet.payload) + " at " + packet.to.text());
    }
    guard_.client_received(packet.payload);
    received_.push_back({.from = packet.from, .to = packet.to, .bytes = packet.payload});
    session_.receive(packet.payload,
                     {.interface = delivery.interface, .local = packet.to, .remote = packet.from},
                     now_);
}

void World::deliver_esp_to_client(const Delivery& delivery) {
    const Packet& packet = delivery.packet;
    const EspTag tag = EspTag::decode(packet.payload).value();
    const Plane::Sa* sa = plane_.find(tag.spi, now_);
    if (sa == nullptr) {
        return;
    }
    if (sa->key_in != tag.key) {
        guard_.violated("the ends disagree about the key of Child SA " + text(tag.spi));
        return;
    }
    ++down_.received;
    const Path path{delivery.interface, packet.to, packet.from};
    if (sa == plane_.sending(sa->policy)) {
        session_.note_inbound_traffic(now_, path);
    } else {
        session_.note_inbound_on(tag.spi, now_, path);
    }
}

void World::deliver_to_gateway(const Packet& packet) {
    if (packet.cargo == Cargo::nat_keepalive) {
        return;  // RFC 3948 2.3
    }
    if (packet.cargo == Cargo::ike) {
        guard_.gateway_received(packet.payload);
        arrived_.push_back(packet);
        const std::size_t heard = gateway_.transcript().size();
        gateway_.receive({.from = packet.from, .to = packet.to, .bytes = packet.payload}, now_);
        for (std::size_t at = heard; trace_.on() && at < gateway_.transcript().size(); ++at) {
            const gateway::Said& said = gateway_.transcript()[at];
            trace_.add(std::string("                gateway ") +
                       (said.by_gateway ? "says " : "hears ") + describe(said));
        }
        return;
    }
    const EspTag tag = EspTag::decode(packet.payload).value();
    for (const gateway::Child& child : gateway_.client() != nullptr
                                           ? gateway_.client()->children
                                           : std::vector<gateway::Child>{}) {
        if (child.inbound != tag.spi) {
            continue;
        }
        if (fingerprint(child.key_in, {}) != tag.key) {
            guard_.violated("the ends disagree about the key of Child SA " + text(tag.spi));
        }
        ++up_.received;
        gateway_.note_esp(tag.spi, {.local = packet.to, .remote = packet.from});
        return;
    }
}

void World::inject_down(Bytes datagram, bool forged) {
    settle_now();  // what is due goes out without it
    const Path path = plane_.path().value_or(Path{});
    if (!network_.can_send(path.interface, path.local.address)) {
        return;  // data waits for a return routability check, and where it went by is gone
    }
    const auto before = session_.next_deadline();
    const std::size_t events = events_.size();
    const std::size_t sent = sent_.size();
    if (trace_.on()) {
        trace_.add(std::string(forged ? "forged " : "replayed ") + describe(datagram));
    }
    if (!forged) {
        guard_.client_received(datagram);
    }
    session_.receive(datagram, path, now_);
    drain_session();
    // design.md: a forged packet neither closes nor moves a session.
    if (forged &&
        (events_.size() != events || sent_.size() != sent || session_.next_deadline() != before)) {
        guard_.violated("a forged datagram changed something");
    }
    settle_now();
}

void World::inject(const Bytes& datagram, const Path& path) {
    if (trace_.on()) {
        trace_.add("injected " + describe(datagram));
    }
    guard_.client_received(datagram);
    session_.receive(datagram, path, now_);
    settle_now();
}

}  // namespace sim
