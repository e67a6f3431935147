// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/exchange/fragment_sizes.hpp"
#include "ike/session/liveness/path_check.hpp"
#include "ike/session/liveness/peer_liveness.hpp"
#include "ike/session/liveness/traffic_watch.hpp"
#include "ike/session/mobike/additional_addresses.hpp"
#include "ike/session/mobike/nat_mapping.hpp"
#include "ike/session/output.hpp"
#include "ike/session/values/config.hpp"
#include "ike/session/values/counters.hpp"
#include "ike/session/values/environment.hpp"

#include <span>
#include <string>
#include <utility>

namespace ike::session {

/// The parts that a session has from its start to its end, whether there is an IKE SA or not.
struct Lasting {
    Lasting(SessionConfig session_config, Environment environment)
        : config(std::move(session_config)),
          env(std::move(environment)),
          traffic(config.flow_experience),
          peer(config.liveness) {}

    void count_received(std::span<const wire::Payload> payloads, bool mobike_supported_is_due);
    /// RFC 4555 3.9: the gateway sees a NAT. Whether what it refused for that may be asked again.
    bool may_ask_again(const std::string& refused);

    const SessionConfig config;
    const Environment env;
    Output output;
    MobikeCounters counters;
    AdditionalAddresses addresses;
    NatMapping mapping;
    FragmentSizes fragment_sizes;
    TrafficWatch traffic;
    PathCheck check;
    PeerLiveness peer;
};

}  // namespace ike::session
