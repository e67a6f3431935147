// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world/stranger.hpp"

#include "ike/base/expects.hpp"

#include <algorithm>

namespace sim {

using namespace ike;
using session::Transmit;
using wire::ExchangeType;

namespace {

Ends outside(World& world, const Transmit& transmit) {
    return world.network().outside(transmit.path.interface,
                                   {transmit.path.local, transmit.path.remote}, world.now());
}

}  // namespace

const Transmit& newest_init(const World& world) {
    const auto& sent = world.sent();
    const auto found = std::find_if(sent.rbegin(), sent.rend(), [](const Transmit& transmit) {
        const auto header = wire::Header::decode(transmit.datagram);
        return header && header->exchange == ExchangeType::ike_sa_init;
    });
    expects(found != sent.rend(), "the client has begun");
    return *found;
}

Bytes forged_init_answer(const World& world, const gateway::Payloads& payloads, IkeSpi responder) {
    const auto init = *wire::Header::decode(newest_init(world).datagram);
    return wire::encode_message({.initiator_spi = init.initiator_spi,
                                 .responder_spi = responder,
                                 .exchange = ExchangeType::ike_sa_init,
                                 .response = true,
                                 .message_id = {0}},
                                payloads);
}

void forge(World& world, const Transmit& to, Bytes datagram) {
    const Ends ends = outside(world, to);
    world.network().inject_down(
        {.from = ends.to, .to = ends.from, .cargo = Cargo::ike, .payload = std::move(datagram)},
        world.now());
    world.step(Duration::zero());
}

void forge_init_answer(World& world, const gateway::Payloads& payloads) {
    const Transmit to = newest_init(world);
    forge(world, to, forged_init_answer(world, payloads));
}

Stranger::Stranger(gateway::Config config, std::uint64_t seed)
    : config_(std::move(config)), dice_(seed), gateway_(config_, dice_) {}

void Stranger::hand_over(World& world, const Transmit& transmit) {
    const Ends ends = outside(world, transmit);
    gateway_.receive({.from = ends.from, .to = ends.to, .bytes = transmit.datagram}, world.now());
}

void Stranger::answer(World& world) {
    while (seen_ < world.sent().size()) {
        const Transmit transmit = world.sent()[seen_++];
        hand_over(world, transmit);
        while (auto datagram = gateway_.poll_transmit()) {
            forge(world, transmit, std::move(datagram->bytes));
        }
    }
}

Bytes Stranger::init_answer(World& world) {
    gateway::Gateway fresh(config_, dice_);
    const Transmit& init = newest_init(world);
    const Ends ends = outside(world, init);
    fresh.receive({.from = ends.from, .to = ends.to, .bytes = init.datagram}, world.now());
    return fresh.poll_transmit().value().bytes;
}

void Stranger::answer_anew(World& world) {
    const Transmit to = newest_init(world);
    forge(world, to, init_answer(world));
}

}  // namespace sim
