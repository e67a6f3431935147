// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/sim/gateway/state.hpp"

namespace sim::gateway {

/// The selectors that the gateway would take for a Child SA in answer to an offer; with `group`,
/// only with that key exchange.
std::vector<EspTerms> acceptable_terms(const Config& config,
                                       std::optional<ike::crypto::GroupId> group);

/// RFC 7296 2.9: the part of an offer that lies within `allowed`.
std::vector<ike::wire::TrafficSelector> narrowed(
    const std::vector<ike::wire::TrafficSelector>& offered,
    const std::vector<ike::wire::TrafficSelector>& allowed);

/// The client's virtual addresses, each as a selector.
std::vector<ike::wire::TrafficSelector> client_selectors(const Config& config);

/// The parts of a new Child SA.
struct ChildParts {
    EspTerms terms;
    ike::ChildSpi inbound;
    ike::ChildSpi outbound;
    const Nonces& nonces;
    ike::ByteView shared;             // empty without PFS
    bool exchange_initiator = false;  // us
};
/// Adds it to the association; the selectors are still to be set.
Child& install_child(const IkeSa& parent, const ChildParts& parts);

}  // namespace sim::gateway
