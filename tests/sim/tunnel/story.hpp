// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/laptop/laptop.hpp"

#include <doctest/doctest.h>

#include <string>

// Sentences that the tests of the tunnel have in common.
namespace sim {

using agent::TunnelState;

/// For a story that begins with a connected tunnel.
Laptop& connected(Laptop& laptop);

/// No invariant broke, and the gateway has nothing to complain about.
void check_clean(const Laptop& laptop);

/// Both ends come to terms within the limit, and a packet each way gets through.
void check_carries(Laptop& laptop, ike::Duration limit = std::chrono::seconds(30));

/// Data goes by this interface within the limit.
bool goes_by(Laptop& laptop, const char* interface, ike::Duration limit);

/// How many messages of this kind the gateway heard; each is counted once, however often it came.
std::size_t heard(const Laptop& laptop, ike::wire::ExchangeType exchange);
std::size_t heard(const Laptop& laptop, ike::wire::NotifyType type);

/// How many IKE SAs the laptop has asked for: its IKE_SA_INIT by different SPIs.
std::size_t attempts(const Laptop& laptop);

/// "wlan0 -> wwan0 forced carrier-lost moved": the last roam.
std::string last_roam(const Laptop& laptop);

}  // namespace sim
