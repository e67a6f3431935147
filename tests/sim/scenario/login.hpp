// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/scenario/story.hpp"

#include <chrono>
#include <utility>

// Logins by EAP, and how they fail.
namespace sim {

inline gateway::Config eap_gateway(gateway::EapConfig eap = {}) {
    gateway::Config config = gateway::default_config();
    config.eap = std::move(eap);
    return config;
}

/// How the session ended; nothing may be left of it.
inline ike::session::Failure failure_of(World& world) {
    CHECK_FALSE(world.connect());
    world.run_for(std::chrono::seconds(1));
    CHECK(world.violations().empty());
    CHECK(world.gateway().client() == nullptr);
    CHECK(world.count<ike::session::Connected>() == 0);
    REQUIRE(world.count<ike::session::Closed>() == 1);
    return world.last<ike::session::Closed>()->failure;
}

inline ike::session::Failure failure_against(const gateway::EapConfig& eap) {
    World world({.gateway = eap_gateway(eap)});
    return failure_of(world);
}

}  // namespace sim
