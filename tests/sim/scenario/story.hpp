// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/world/world.hpp"

#include <doctest/doctest.h>

// The common words of the scenario tests.
namespace sim {

/// For a story that begins with a connected session.
World& connected(World& world);

/// No invariant broke, and the gateway has nothing to complain about.
void check_clean(const World& world);

/// Both ends come to terms within the limit.
void check_settles(World& world, ike::Duration limit = std::chrono::seconds(30));

/// An inner packet each way gets through.
void check_carries(World& world);

/// Why a session against such a gateway ends.
ike::session::Failure failure_against(gateway::Config config);

/// How many of the messages that the gateway heard have a notify of this type; each is counted
/// once, however often it arrived.
std::size_t heard(const World& world, ike::wire::NotifyType type);
std::size_t heard(const World& world, ike::wire::ExchangeType exchange);
/// The last message that the gateway heard with such a notify.
const gateway::Said* last_heard(const World& world, ike::wire::NotifyType type);

/// Lets every datagram towards the gateway vanish, or get through again.
void lose_everything(World& world, ike::InterfaceIndex interface, bool lose = true);

}  // namespace sim
